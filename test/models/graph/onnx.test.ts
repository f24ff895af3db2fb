import '../../support/tensorflow.ts';
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { toOnnx, type OnnxInput, type OnnxModel } from '../../../models/graph/onnx.ts';
import { normal } from '../../../models/random.ts';
import { tf, type NamedArrays, type Values } from '../../../models/tensors.ts';
import { named, opCases, sizeOf, type OpCase } from '../../support/op-cases.ts';

function modelOf({ shape = ['batch', 4], dtype = 'float32', weights = {}, run }: OpCase): OnnxModel {
  const next = normal(5, 'weights');
  const arrays: NamedArrays = Object.fromEntries(Object.entries(weights).map(([name, size]) =>
    [name, { shape: size, dtype: 'float32', values: Float32Array.from({ length: sizeOf(size) }, next) }]));
  const inputs: Record<string, OnnxInput> = { x: { shape, dtype } };
  return { name: 'case', weights: arrays, inputs, run: (w, { x }) => named(run(x!, w)), metadata: { purpose: 'test' } };
}

/** Runs the exported file and the function itself at `batch` samples and compares all outputs. */
async function agrees(name: string, given: OpCase, batch: number, session: InferenceSession): Promise<void> {
  const { weights, inputs, run } = modelOf(given);
  const shape = inputs.x!.shape.map((size) => (size === 'batch' ? batch : size));
  const next = normal(batch, 'inputs');
  const dtype = inputs.x!.dtype;
  const values = Float32Array.from({ length: sizeOf(shape) }, () => (given.from ?? ((v) => v))(next()));
  const feed: Values = dtype === 'int32' ? Int32Array.from(values) : values;
  const results = await session.run({ x: new OrtTensor(dtype, feed, shape) });
  tf.tidy(() => {
    const params = Object.fromEntries(Object.entries(weights).map(([key, w]) => [key, tf.tensor(w.values.slice(), [...w.shape])]));
    for (const [key, expected] of Object.entries(run(params, { x: tf.tensor(feed.slice(), shape, dtype) }))) {
      const actual = results[key]!;
      assert.deepEqual([actual.dims, actual.type], [expected.shape, expected.dtype], `${name} at ${batch}`);
      expected.dataSync().forEach((value, i) => {
        const got = Number((actual.data as Float32Array)[i]);
        assert.ok(Object.is(got, value) || Math.abs(got - value) <= 1e-5 * Math.max(1, Math.abs(value)), `${name} at ${batch}: [${i}] ${got} is not ${value}`);
      });
    }
  });
}

describe('an exported model computes in onnxruntime what it computes in tfjs, at any batch size', () => {
  for (const [name, given] of Object.entries(opCases)) {
    test(name, async () => {
      const session = await InferenceSession.create(toOnnx(modelOf(given)), { logSeverityLevel: 3 });
      for (const batch of [1, 2, 7]) await agrees(name, given, batch, session);
    });
  }
});
