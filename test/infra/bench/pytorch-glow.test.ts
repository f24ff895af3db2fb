import '../../support/tensorflow.ts';
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeSafetensors, encodeSafetensors } from '../../../activities/formats/safetensors.ts';
import { pytorchWeights } from '../../../infra/bench/pytorch-weights.ts';
import { pythonWith, Referee } from '../../../infra/bench/referee.ts';
import { modelsSchema } from '../../../models/fce/config.ts';
import { createTraining } from '../../../models/create-training.ts';
import { gradientOf } from '../../../models/training/gradient.ts';
import { initialize } from '../../../models/training/initialize.ts';
import { flowObjective } from '../../../models/fce/step.ts';
import { trainingSchema } from '../../../models/training-schema.ts';
import { value } from '../../../models/fce/value.ts';
import { imageGlowSchema } from '../../../models/flow/config.ts';
import { initialValues } from '../../../models/core/initial-values.ts';
import { flattenParams, layoutSize, unflatten } from '../../../models/core/params.ts';
import { normal, uniform } from '../../../models/core/random.ts';
import { tf, type NamedArray, type Tensor } from '../../../models/core/tensors.ts';
import { temporaryFolder } from '../../support/folders.ts';

const python = pythonWith('torch', 'numpy');
const shape = [32, 32, 3];
const batchSize = 16;
const count = 256;
const glow = imageGlowSchema.parse({ kind: 'image', levels: 3, depth: 8, width: 128 });
const models = modelsSchema.parse({ flow: glow, ebm: { kind: 'conv' } });
const player = { learningRate: 1e-3 };
const config = trainingSchema.parse({
  method: 'fce',
  updates: 10,
  batchSize,
  flow: player,
  ebm: player,
  turn: { kind: 'ratio', ebm: 1, flow: 1 },
});

/** A start whose couplings are not the identity: random last layers, then actnorm fitted, and c with it. */
function weights() {
  const training = createTraining(config, models, { shape, count }, 0);
  const byte = uniform(1, 'bytes');
  const data = Int32Array.from({ length: count * 768 }, () => Math.floor(byte() * 2 ** 32));
  const next = normal(1, 'moved');
  const flow = training.flow!;
  const moved = unflatten(
    flow.params,
    tf.tensor1d(initialValues(flow.params, 1, 'flow').map((one) => one + 0.003 * next())),
  );
  const batch = tf.tensor4d(
    Float32Array.from({ length: 64 * 3072 }, () => byte() - 0.5),
    [64, 32, 32, 3],
  );
  const initialFlow = flattenParams(flow.params, {
    ...moved,
    ...flow.fit!(moved, batch).params,
  }).dataSync() as Float32Array;
  const start = initialize(training, { seed: 1, initialFlow, data });
  return { training, start: { ...start, data } as Readonly<Record<string, Float32Array | Int32Array>> };
}

/** The same in Counterflow, op by op: results by the referee's names. */
function ours({ training, start }: ReturnType<typeof weights>, x: Tensor, z: Tensor): Record<string, Tensor> {
  const [flow, ebm] = [training.flow!, training.ebm!];
  const theta = {
    flow: tf.tensor1d(start.flow as Float32Array),
    ebm: tf.tensor1d(start.ebm as Float32Array),
  };
  const params = { flow: unflatten(flow.params, theta.flow), ebm: unflatten(ebm.params, theta.ebm) };
  const logP = (points: Tensor): Tensor => ebm.logProb(params.ebm, points);
  const samples = flow.sample(params.flow, z);
  const logQ = flow.logProb(params.flow, x);
  const gradients = {
    likelihood: gradientOf(flow.params, theta.flow, (p) => ({
      loss: tf.neg(tf.div(tf.mean(flow.logProb(p, x)), flow.dim)),
      aux: {},
    })).gradient,
    flow: gradientOf(flow.params, theta.flow, (p) =>
      flowObjective(
        flow,
        { params: p, still: params.flow },
        logP,
        { x, z },
        { objective: 'value', paths: 'all', lambda: 0 },
      ),
    ).gradient,
    ebm: gradientOf(ebm.params, theta.ebm, (p) => ({
      loss: tf.neg(
        value({
          data: tf.sub(ebm.logProb(p, x), logQ),
          samples: tf.sub(ebm.logProb(p, samples.x), samples.logProb),
        }),
      ),
      aux: {},
    })).gradient,
  };
  const named = Object.entries(gradients).flatMap(([loss, gradient]) => {
    const [name, specs] = loss === 'ebm' ? (['ebm', ebm.params] as const) : (['flow', flow.params] as const);
    return Object.entries(unflatten(specs, gradient)).map(([parameter, part]): [string, Tensor] => [
      `${loss}:${name}/${parameter}`,
      part,
    ]);
  });
  return {
    logQ,
    logP: logP(x),
    samples: samples.x,
    'logQ.samples': samples.logProb,
    ...Object.fromEntries(named),
  };
}

/** Largest difference as a share of the largest value. */
function apart(tensor: Tensor, { values }: NamedArray): number {
  const mine = tensor.dataSync();
  assert.equal(mine.length, values.length);
  let [largest, difference] = [0, 0];
  values.forEach((one, i) => {
    largest = Math.max(largest, Math.abs(one));
    difference = Math.max(difference, Math.abs(one - mine[i]!));
  });
  return difference / Math.max(largest, 1e-12);
}

test(
  "Glow of 45.8 GFLOP a step and the convolutional EBM agree with PyTorch's own layers: densities, "
    + "samples, every player's gradient",
  {
    skip: python === null && 'no Python with PyTorch: set COUNTERFLOW_PYTHON to one',
    timeout: 170_000,
  },
  async (t) => {
    const folder = temporaryFolder('pytorch');
    const [file, inputs, out] = ['weights', 'inputs', 'results'].map((name) =>
      join(folder, `${name}.safetensors`),
    ) as [string, string, string];
    const { training, start } = weights();
    writeFileSync(file, pytorchWeights(training, glow, start));
    const next = normal(2, 'inputs');
    const at = uniform(2, 'inputs');
    const x: NamedArray = {
      shape: [batchSize, ...shape],
      dtype: 'float32',
      values: Float32Array.from({ length: batchSize * 3072 }, () => at() - 0.5),
    };
    const z: NamedArray = {
      shape: [batchSize, 3072],
      dtype: 'float32',
      values: Float32Array.from({ length: batchSize * 3072 }, next),
    };
    writeFileSync(inputs, encodeSafetensors({ x, z }, {}));
    const mine = ours(
      { training, start },
      tf.tensor(x.values, [...x.shape]),
      tf.tensor(z.values, [...z.shape]),
    );
    const referee = new Referee(python!, 'pytorch-glow.py');
    try {
      for (const memoryFormat of ['contiguous', 'channels last']) {
        await referee.ask({
          do: 'load',
          name: memoryFormat,
          file,
          depth: 8,
          bound: glow.scale.kind === 'tanh' ? glow.scale.bound : 0,
          slope: 0.2,
          shape,
          batchSize,
          memoryFormat,
        });
        await referee.ask({ do: 'values', name: memoryFormat, file: inputs, out });
        const { arrays } = decodeSafetensors(readFileSync(out), out);
        assert.deepEqual(Object.keys(arrays).sort(), Object.keys(mine).sort());
        assert.equal(layoutSize(training.flow!.params), 1_614_924);
        const worst: Record<string, number> = {};
        for (const [name, theirs] of Object.entries(arrays)) {
          const [loss, parameter] = name.split(':') as [string, string?];
          const what = parameter === undefined ? loss : `gradient of ${loss}`;
          worst[what] = Math.max(worst[what] ?? 0, apart(mine[name]!, theirs));
        }
        t.diagnostic(
          `${memoryFormat}: ${Object.entries(worst)
            .map(([name, share]) => `${name} ${share.toExponential(1)}`)
            .join(', ')}`,
        );
        for (const [name, share] of Object.entries(worst))
          assert.ok(
            share < (name.startsWith('gradient') ? 3e-4 : 2e-5),
            `${name} differs by ${share} of its largest value`,
          );
      }
    } finally {
      referee.close();
    }
  },
);
