import '../../support/tensorflow.ts';
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { modelProto, type GraphProto, type ValueInfoProto } from '../../../models/graph/onnx-proto.ts';
import { toOnnx, type OnnxInput, type OnnxModel } from '../../../models/graph/onnx.ts';
import { normal } from '../../../models/core/random.ts';
import { tf, type NamedArrays, type Values } from '../../../models/core/tensors.ts';
import { checkModels } from '../../support/onnx-python.ts';
import { hasPython } from '../../support/python.ts';
import { named, opCases, sizeOf, type OpCase } from '../../support/op-cases.ts';

function modelOf({ shape = ['batch', 4], dtype = 'float32', weights = {}, run }: OpCase): OnnxModel {
  const next = normal(5, 'weights');
  const arrays: NamedArrays = Object.fromEntries(
    Object.entries(weights).map(([name, size]) => [
      name,
      { shape: size, dtype: 'float32', values: Float32Array.from({ length: sizeOf(size) }, next) },
    ]),
  );
  const inputs: Record<string, OnnxInput> = { x: { shape, dtype } };
  return {
    name: 'case',
    weights: arrays,
    inputs,
    run: (w, { x }) => named(run(x!, w)),
    metadata: { purpose: 'test' },
  };
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
    const params = Object.fromEntries(
      Object.entries(weights).map(([key, w]) => [key, tf.tensor(w.values.slice(), [...w.shape])]),
    );
    for (const [key, expected] of Object.entries(run(params, { x: tf.tensor(feed.slice(), shape, dtype) }))) {
      const actual = results[key]!;
      assert.deepEqual([actual.dims, actual.type], [expected.shape, expected.dtype], `${name} at ${batch}`);
      expected.dataSync().forEach((value, i) => {
        const got = Number((actual.data as Float32Array)[i]);
        assert.ok(
          Object.is(got, value) || Math.abs(got - value) <= 1e-5 * Math.max(1, Math.abs(value)),
          `${name} at ${batch}: [${i}] ${got} is not ${value}`,
        );
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

interface Decoded {
  readonly graph: GraphProto;
  readonly opset_import: readonly { readonly version: number }[];
  readonly metadata_props: readonly { readonly key: string; readonly value: string }[];
}
const decoded = (bytes: Uint8Array): Decoded =>
  modelProto.toObject(modelProto.decode(bytes), { arrays: true, longs: Number }) as Decoded;

describe('an exported file', () => {
  const t2 = (x: tf.Tensor): tf.Tensor2D => x as tf.Tensor2D;
  const model = modelOf({
    weights: { w: [4, 3], left: [3, 3], right: [3, 3] },
    run: (x, { w, left, right }) => {
      const mixed = tf.matMul(t2(x), tf.matMul(t2(w!), tf.tanh(tf.matMul(t2(left!), t2(right!)))));
      return { y: tf.add(tf.matMul(t2(x), t2(w!)), mixed), inputs: tf.sum(x, 1) };
    },
  });

  test('names its inputs, outputs, weights and metadata, and leaves the batch open', () => {
    const { graph, opset_import: opset, metadata_props: metadata } = decoded(toOnnx(model));
    assert.deepEqual(graph.input.map(shapeOf), ['x: batch,4']);
    assert.deepEqual(graph.output.map(shapeOf), ['y: batch,3', 'inputs: batch']);
    assert.ok(graph.initializer.some(({ name, dims }) => name === 'w' && String(dims) === '4,3'));
    assert.deepEqual(
      [opset.map(({ version }) => version), metadata],
      [[18], [{ key: 'purpose', value: 'test' }]],
    );
  });

  test('holds what depends on weights alone as one constant', () => {
    const { graph } = decoded(toOnnx(model));
    assert.deepEqual(graph.node.map((node) => node.op_type).sort(), [
      'Add',
      'Identity',
      'Identity',
      'MatMul',
      'MatMul',
      'ReduceSum',
    ]);
    assert.ok(!graph.initializer.some(({ name }) => name === 'left' || name === 'right'));
  });

  test('repeats no large constant of one number', () => {
    const filled = modelOf({ shape: ['batch', 64, 64], run: (x) => tf.add(x, tf.fill([64, 64], 0.25)) });
    assert.ok(toOnnx(filled).length < 1000);
  });

  test(
    'adds zeros to the channels of a convolution up to a multiple of 4, where there are more than 3 '
      + 'and they are none',
    () => {
      const zerosAfter = (channels: number): readonly number[] => {
        const { graph } = decoded(
          toOnnx(
            modelOf({
              shape: ['batch', 4, 4, channels],
              weights: { w: [3, 3, channels, 2] },
              run: (x, { w }) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'),
            }),
          ),
        );
        return graph.node
          .filter(({ op_type: type }) => type === 'Pad')
          .map(({ input }) => {
            const amounts = graph.initializer.find(({ name }) => name === input[1])!;
            return Number(new BigInt64Array(Uint8Array.from(amounts.raw_data).buffer)[5]);
          });
      };
      assert.deepEqual([3, 5, 6, 8].map(zerosAfter), [[], [3, 3], [2, 2], []]);
    },
  );

  test('passes the checker of the onnx package, shape inference included', (t) => {
    if (!hasPython('onnx')) return t.skip('no Python with the package onnx (COUNTERFLOW_PYTHON names one)');
    checkModels(Object.entries(opCases).map(([name, given]) => [name, toOnnx(modelOf(given))]));
  });
});

describe('an export refuses', () => {
  const refusals: Record<string, [OpCase, RegExp]> = {
    'an op without an ONNX form': [
      { run: (x) => tf.atan(x) },
      /an ONNX form in model 'case', got TensorFlow's Atan/,
    ],
    'a size that is no multiple of the batch': [
      { run: (x) => tf.slice(x, [0, 0], [x.shape[0]! - 1, 4]) },
      /a constant int32 to be fixed or a multiple of the batch, got 1 and 2/,
    ],
    'a number computed from the batch': [
      { run: (x) => tf.mul(x, 1 / x.shape[0]!) },
      /a constant float32 to be fixed or a multiple of the batch/,
    ],
    'a multiple of the batch as a real number': [
      { run: (x) => tf.mul(x, x.shape[0]!) },
      /Expected constants that do not depend on the batch/,
    ],
    'other ops at another batch size': [
      { run: (x) => (x.shape[0] === 2 ? tf.exp(x) : tf.log(x)) },
      /the same ops at every batch size, got Exp and Log/,
    ],
    'more ops at another batch size': [
      { run: (x) => (x.shape[0] === 2 ? tf.exp(x) : tf.exp(tf.exp(x))) },
      /the same ops at every batch size/,
    ],
    'an attribute that follows from the batch': [
      { run: (x) => tf.stack(tf.unstack(x)) },
      /the same ops at every batch size|of one type|attribute/,
    ],
    'an output named as an input': [
      { run: (x) => ({ x: tf.exp(x) }) },
      /an output's name that no input or weight has, got 'x'/,
    ],
  };
  for (const [what, [given, message]] of Object.entries(refusals)) {
    test(what, () => assert.throws(() => toOnnx(modelOf(given)), message));
  }
});

const shapeOf = ({ name, type }: ValueInfoProto): string =>
  `${name}: `
  + `${type.tensor_type.shape.dim.map((dim) => ('dim_param' in dim ? dim.dim_param : dim.dim_value)).join()}`;
