import '../../support/tensorflow.ts';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stateNames } from '../../../infra/compute/checkpoint.ts';
import { openSession } from '../../../infra/compute/replay-session.ts';
import { modelsSchema } from '../../../models/fce/config.ts';
import { createTraining } from '../../../models/create-training.ts';
import { initialize } from '../../../models/training/initialize.ts';
import { emptyParts } from '../../../models/training/micro-batch.ts';
import { trainingSchema, type TrainingConfig } from '../../../models/training-schema.ts';
import { firstCounters, updates } from '../../../models/training/updates.ts';
import { EagerSession } from '../../../models/graph/eager-session.ts';
import type { Program, Session } from '../../../models/graph/program.ts';
import { normal, uniform } from '../../../models/core/random.ts';
import type { Values } from '../../../models/core/tensors.ts';

const models = {
  points: modelsSchema.parse({
    flow: { kind: 'vector', couplings: 2, width: 8 },
    ebm: { kind: 'dense', width: 8, hiddenLayers: 2 },
  }),
  images: modelsSchema.parse({
    flow: { kind: 'image', levels: 2, depth: 1, width: 8 },
    ebm: { kind: 'conv', channels: [8, 8] },
  }),
};
type Kind = keyof typeof models;
const shapes: Readonly<Record<Kind, readonly number[]>> = { points: [2], images: [8, 8, 3] };
const count = 40;
const point = normal(1, 'points');
const byte = uniform(1, 'images');
const data: Readonly<Record<Kind, Values>> = {
  points: Float32Array.from({ length: 2 * count }, () => 1 + 2 * point()),
  images: Int32Array.from({ length: count * 48 }, () => Math.floor(byte() * 2 ** 32)),
};

const optimiser = { learningRate: 1e-3, clipNorm: null };
const common = { updates: 10, batchSize: 12 };
const mle = { method: 'mle', ...common, flow: optimiser };
const nce = { method: 'nce', ...common, ebm: optimiser, noise: 'matched' };
const fce = {
  method: 'fce',
  ...common,
  flow: optimiser,
  ebm: optimiser,
  turn: { kind: 'ratio', ebm: 1, flow: 1 },
  lambda: 0.1,
};

interface Options {
  readonly microBatch: number | null;
  readonly shards?: number;
  readonly open?: (program: Program) => Session;
  readonly before?: (session: Session) => void;
}

/** Metrics of each update, and all that a checkpoint would hold after the last. */
function run(
  config: object,
  kind: Kind,
  updateCount: number,
  { microBatch, shards = 1, open = (program) => new EagerSession(program), before }: Options,
) {
  const training = createTraining(
    trainingSchema.parse({ ...config, microBatch, shards }),
    models[kind],
    { shape: shapes[kind], count },
    0,
  );
  const session = open(training.program);
  session.assign({
    data: data[kind],
    ...initialize(training, { seed: 1, initialFlow: null, data: data[kind] }),
    ...emptyParts(training.players, training.config),
  });
  before?.(session);
  const course = { seed: 1, training: 'test', noiseStream: 0, learningRateScale: 1 };
  const lines = Array.from(
    updates(session, training, course, firstCounters, updateCount),
    ({ metrics }) => metrics,
  );
  const state = session.read(stateNames(training));
  session.dispose();
  return { lines, state };
}

/** Adam's first moment after one update is a tenth of the gradient, sums of float32 in another order. */
function assertSameGradient(a: ReturnType<typeof run>, b: ReturnType<typeof run>): void {
  for (const name of Object.keys(a.state).filter((variable) => variable.endsWith('.m'))) {
    const largest = Math.max(...a.state[name]!.map(Math.abs));
    const apart = Math.max(...a.state[name]!.map((value, i) => Math.abs(value - b.state[name]![i]!)));
    assert.ok(apart <= 1e-5 * largest, `${name} differs by ${apart} of ${largest}`);
  }
}

describe('a batch cut into parts, or into shards side by side', () => {
  const cases: readonly (readonly [string, object, Kind, number])[] = [
    ['maximum likelihood of points', mle, 'points', 1],
    ['maximum likelihood of flipped images', { ...mle, flips: true }, 'images', 1],
    ['noise contrast', nce, 'points', 1],
    ["the flow contrast's first moves of EBM and flow", fce, 'points', 2],
    ['the contrast of images relative to the frozen flow', { ...fce, reference: 'pretrained' }, 'images', 2],
  ];
  for (const [name, config, kind, updateCount] of cases) {
    test(`has the whole batch's gradient and metrics: ${name}`, () => {
      const whole = run(config, kind, updateCount, { microBatch: null });
      for (const sizes of [
        { microBatch: 1 },
        { microBatch: 4 },
        { microBatch: 12 },
        { microBatch: null, shards: 3 },
        { microBatch: 6, shards: 2 },
      ]) {
        const parts = run(config, kind, updateCount, sizes);
        assert.ok(
          Math.max(...Object.values(whole.state).map((values) => Math.max(...values.map(Math.abs)))) > 0,
          'nothing moved',
        );
        assertSameGradient(whole, parts);
        assert.deepEqual(Object.keys(parts.lines[0]!).sort(), Object.keys(whole.lines[0]!).sort());
        whole.lines.forEach((line, i) =>
          Object.entries(line).forEach(([metric, value]) => {
            const other = parts.lines[i]![metric]!;
            // Of the first part alone, and told so.
            if (metric === 'logProbShift' || metric === 'logProbShift.flow') return;
            if (typeof value === 'string') assert.equal(other, value);
            else
              assert.ok(
                Math.abs(Number(other) - value) <= 2e-5 * Math.max(1, Math.abs(value)),
                `${metric} of update ${i + 1} is ${other}, not ${value}`,
              );
          }),
        );
      }
    });
  }

  for (const [name, config, kind, updateCount] of [
    ...cases,
    [
      "the contrast's moves by the samples alone",
      { ...fce, paths: 'sample', objective: 'non-saturating' },
      'images',
      2,
    ],
  ] as const) {
    if (config === nce) continue; // it has no flow
    test(`has the same gradient and metrics where coupling nets are computed again: ${name}`, () => {
      for (const open of [(program: Program) => new EagerSession(program), openSession]) {
        const [kept, again] = ['none', 'couplings'].map((recompute) =>
          run({ ...config, recompute }, kind, updateCount, { microBatch: null, open }),
        );
        assertSameGradient(kept!, again!);
        again!.lines.forEach((line, i) =>
          Object.entries(line).forEach(([metric, value]) => {
            const other = kept!.lines[i]![metric]!;
            if (typeof value === 'number')
              assert.ok(
                Math.abs(Number(other) - value) <= 2e-5 * Math.max(1, Math.abs(value)),
                `${metric} of update ${i + 1} is ${value}, not ${other}`,
              );
          }),
        );
      }
    });
  }

  test('with nets computed again repeats itself bit for bit, replayed', () => {
    const replayed = () =>
      run({ ...fce, recompute: 'couplings' }, 'images', 6, { microBatch: 6, shards: 2, open: openSession });
    assert.deepEqual(replayed(), replayed());
  });

  test('is the same replayed as run op by op', () => {
    const eager = run(fce, 'points', 4, { microBatch: 3 });
    const replayed = run(fce, 'points', 4, { microBatch: 3, open: openSession });
    assertSameGradient(eager, replayed);
  });

  test('in shards repeats itself bit for bit, replayed', () => {
    const replayed = () => run(fce, 'images', 6, { microBatch: null, shards: 2, open: openSession });
    assert.deepEqual(replayed(), replayed());
  });

  test('starts its sum anew, whatever an interrupted update has left there', () => {
    const undisturbed = run(mle, 'points', 3, { microBatch: 4 });
    const disturbed = run(mle, 'points', 3, {
      microBatch: 4,
      before: (session) => {
        session.run('flow.part', { key: Int32Array.of(5, 6), update: 9, part: 0 });
        session.run('flow.part', { key: Int32Array.of(5, 6), update: 9, part: 1 });
      },
    });
    assert.deepEqual(disturbed, undisturbed);
  });

  test('leaves nothing in a checkpoint', () => {
    const names = (microBatch: number | null) => Object.keys(run(mle, 'points', 1, { microBatch }).state);
    assert.deepEqual(names(4), names(null));
  });

  test('is refused where the parts would differ in size', () => {
    const config = trainingSchema.parse({ ...mle, microBatch: 5 }) satisfies TrainingConfig;
    assert.throws(
      () => createTraining(config, models.points, { shape: [2], count }, 0),
      /Expected microBatch to divide batchSize = 12, got 5\. Choose/,
    );
    const uneven = trainingSchema.parse({ ...mle, microBatch: 6, shards: 4 });
    assert.throws(
      () => createTraining(uneven, models.points, { shape: [2], count }, 0),
      /Expected shards to divide microBatch = 6, got 4\. Choose/,
    );
  });
});
