import '../../support/tensorflow.ts';
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { modelsSchema } from '../../../models/fce/config.ts';
import { createTraining } from '../../../models/create-training.ts';
import { trainingSchema } from '../../../models/training-schema.ts';
import type { ProgramFunction } from '../../../models/graph/program.ts';
import { recordAsIs } from '../../../models/graph/record.ts';
import type { Recording } from '../../../models/graph/recording.ts';
import { outputTypes, type Operand } from '../../../models/graph/shape-functions.ts';
import { attrType, graphDTypeOf, tensorflowBackend } from '../../../models/core/tensorflow-backend.ts';
import { tf, type Tensor, type TensorSpec } from '../../../models/core/tensors.ts';
import { bijectionCases } from '../../support/bijection-cases.ts';
import { named, opCases } from '../../support/op-cases.ts';

type Specs = Readonly<Record<string, TensorSpec>>;
const float = (shape: readonly number[]): TensorSpec => ({ shape, dtype: 'float32' });

/** TensorFlow itself says what comes out of every recorded op: each is run on zeros of the shapes that were
 *  recorded, literals on their values. */
function assertAsTensorflow(what: string, { nodes }: Recording): void {
  const backend = tensorflowBackend();
  const seen = new Set<string>();
  const zeros = (shape: readonly number[], dtype: string): Tensor =>
    dtype === 'uint8'
      ? backend.executeSingleOutput(
          'Cast',
          [
            { name: 'SrcT', type: attrType.type, value: 1 },
            { name: 'DstT', type: attrType.type, value: 4 },
            { name: 'Truncate', type: attrType.bool, value: false },
          ],
          [tf.zeros([...shape])],
        )
      : tf.zeros([...shape], dtype as 'float32');
  for (const node of nodes) {
    if (node.kind !== 'op' || node.op === 'CopyAfter') continue; // of our own: a copy of its first input
    const types = node.inputs.map((ref) => nodes[ref.node]!.outputs[ref.output]!);
    const key = JSON.stringify([node.op, node.attrs, types, node.outputs]);
    if (seen.has(key)) continue;
    seen.add(key);
    tf.tidy(() => {
      const inputs = node.inputs.map((ref, i) => {
        const from = nodes[ref.node]!;
        return from.kind === 'literal'
          ? tf.tensor(from.values.slice(), [...types[i]!.shape], types[i]!.dtype as 'float32')
          : zeros(types[i]!.shape, types[i]!.dtype);
      });
      const outputs = backend.executeMultipleOutputs(node.op, [...node.attrs], inputs, node.outputs.length);
      const real = outputs
        .map(({ dataId }) => backend.tensorMap.get(dataId))
        .map(({ shape, dtype }) => ({ shape: [...shape], dtype: graphDTypeOf(dtype) }));
      assert.deepEqual(
        node.outputs.map(({ shape, dtype }) => ({ shape: [...shape], dtype })),
        real,
        `${what}: ${node.op} of ${types.map(({ shape }) => `[${shape}]`).join(', ')}`,
      );
    });
  }
  assert.ok(seen.size > 0, `${what}: no op was recorded, the test says nothing`);
}

function assertFunction(what: string, variables: Specs, program: ProgramFunction): void {
  assertAsTensorflow(what, recordAsIs(variables, program));
}

describe('a recorded op has the shapes and types that TensorFlow gives it', () => {
  for (const [
    name,
    { shape = ['batch', 4] as const, dtype = 'float32', weights = {}, run, differentiable = true },
  ] of Object.entries(opCases)) {
    test(name, () => {
      const x: TensorSpec = { shape: shape.map((size) => (size === 'batch' ? 3 : size)), dtype };
      const variables = Object.fromEntries(
        Object.entries(weights).map(([weight, size]) => [weight, float(size)]),
      );
      assertFunction(name, variables, {
        inputs: { x },
        run: (w, inputs) => ({ outputs: named(run(inputs['x']!, w)) }),
      });
      if (!differentiable) return;
      const loss =
        (w: Parameters<typeof run>[1]) =>
        (v: Tensor): Tensor =>
          tf.addN(Object.values(named(run(v, w))).map((y) => tf.sum(tf.cast(y, 'float32'))));
      assertFunction(`gradient of ${name}`, variables, {
        inputs: { x },
        run: (w, inputs) => ({ outputs: { dx: tf.grad(loss(w))(inputs['x']!) } }),
      });
    });
  }

  for (const { name, make, shape } of bijectionCases) {
    test(`${name}, both directions`, () => {
      const bijection = make();
      const variables = Object.fromEntries(bijection.params.map((spec) => [spec.name, float(spec.shape)]));
      const latent =
        name.includes('Glow') || name === 'split' || name === 'flattenImage'
          ? [shape.reduce((a, b) => a * b, 1)]
          : name === 'squeeze'
            ? [2, 2, 12]
            : shape;
      // some bijections of no parameters record a reshape alone: that is an op too
      assertFunction(name, variables, {
        inputs: { x: float([3, ...shape]) },
        run: (params, { x }) => {
          const { y, logDet } = bijection.toLatent(params, x!);
          return { outputs: { y, logDet } };
        },
      });
      assertFunction(name, variables, {
        inputs: { z: float([3, ...latent]) },
        run: (params, { z }) => {
          const { y, logDet } = bijection.toData(params, z!);
          return { outputs: { y, logDet } };
        },
      });
    });
  }

  const optimiser = { learningRate: 1e-3 };
  const common = { updates: 10, batchSize: 8 };
  const fce = {
    method: 'fce',
    ...common,
    flow: optimiser,
    ebm: optimiser,
    turn: { kind: 'ratio', ebm: 1, flow: 1 },
  };
  const small = { channels: [8, 8] };
  const trainings: Readonly<Record<string, object>> = {
    'maximum likelihood, in parts': { method: 'mle', ...common, flow: optimiser, microBatch: 4, flips: true },
    'the contrast, all paths': { ...fce, shards: 2, maxLogProbShift: 1, lambda: 1 },
    'the contrast, relative to the pretrained flow, nets computed again, with an early end': {
      ...fce,
      reference: 'pretrained',
      paths: 'sample',
      objective: 'non-saturating',
      recompute: 'couplings',
      flow: { ...optimiser, algorithm: 'adamax' },
      stopping: { heldOut: 8, patience: 2 },
    },
    VAE: { method: 'vae', ...common, model: small, vae: optimiser },
    DCGAN: { method: 'gan', ...common, model: small },
    classifier: { method: 'classifier', ...common, model: small, classifier: optimiser },
  };
  const models = modelsSchema.parse({
    flow: { kind: 'image', levels: 2, depth: 1, width: 8 },
    ebm: { kind: 'conv', channels: [8, 8] },
  });
  for (const [name, section] of Object.entries(trainings)) {
    test(`every function of a training: ${name}`, () => {
      const config = trainingSchema.parse(section);
      const { program } = createTraining(
        config,
        models,
        { shape: [8, 8, 3], count: 32 },
        'heldOutImages' in config ? 8 : 0,
      );
      for (const [step, body] of Object.entries(program.functions))
        assertFunction(step, program.variables, body);
    });
  }
});

test('a recording takes no tensor of TensorFlow, and runs none of its ops', () => {
  const backend = Object.getPrototypeOf(tensorflowBackend()) as { executeSingleOutput: unknown };
  const real = backend.executeSingleOutput;
  backend.executeSingleOutput = () => assert.fail('an op was run');
  try {
    // 4 TB, were it computed
    recordAsIs(
      { w: float([1e6, 1e6]) },
      {
        inputs: {},
        run: ({ w }) => ({ outputs: { y: tf.sum(tf.relu(tf.matMul(w as tf.Tensor2D, w as tf.Tensor2D))) } }),
      },
    );
  } finally {
    backend.executeSingleOutput = real;
  }
});

describe('an op that cannot be recorded is refused', () => {
  const of = (...shapes: number[][]): Operand[] =>
    shapes.map((shape) => ({ shape, dtype: 'float32', values: null }));
  const refusals: Record<string, [() => unknown, { name: string; message: RegExp }]> = {
    'one without a shape function': [
      () => outputTypes('Betainc', [], of([2])),
      { name: 'RecordingError', message: /a shape function .* got Betainc\. Add it/ },
    ],
    'a shape that is computed': [
      () => outputTypes('Reshape', [], of([2], [1])),
      { name: 'RecordingError', message: /input 1 of Reshape, .* a computed one \[1\]/ },
    ],
    'sizes that do not broadcast': [
      () => outputTypes('Mul', [], of([2, 3], [4])),
      { name: 'ShapeError', message: /broadcast for Mul, got sizes 3 and 4/ },
    ],
    'a product of sizes that do not agree': [
      () => outputTypes('MatMul', [], of([2, 3], [4, 5])),
      { name: 'ShapeError', message: /agree for MatMul, got 3 and 4/ },
    ],
    'a kernel of other channels': [
      () => outputTypes('Conv2D', [], of([1, 4, 4, 3], [3, 3, 2, 8])),
      { name: 'ShapeError', message: /3 input channels for Conv2D, got 2/ },
    ],
  };
  for (const [what, [act, error]] of Object.entries(refusals)) test(what, () => assert.throws(act, error));
});
