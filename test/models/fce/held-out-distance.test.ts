import '../../support/tensorflow.ts';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ReplaySession } from '../../../infra/compute/replay-session.ts';
import { ebmSchema } from '../../../models/ebm/config.ts';
import { fceSchema, type ModelsConfig } from '../../../models/fce/config.ts';
import { createTraining } from '../../../models/create-training.ts';
import { measureHeldOut, noSamples } from '../../../models/fce/held-out-distance.ts';
import { initialize } from '../../../models/training/initialize.ts';
import { emptyParts } from '../../../models/training/micro-batch.ts';
import { flowSchema } from '../../../models/flow/config.ts';
import { packBytes } from '../../../models/graph/bytes.ts';
import { EagerSession } from '../../../models/graph/eager-session.ts';
import type { Program, Session } from '../../../models/graph/program.ts';
import { images, imageShape } from '../../support/image-training.ts';

const models: ModelsConfig = {
  flow: flowSchema.parse({ kind: 'image', levels: 2, depth: 1, width: 8 }),
  ebm: ebmSchema.parse({ kind: 'conv', channels: [4, 8] }),
};
const base = {
  method: 'fce',
  updates: 10,
  batchSize: 4,
  flow: { learningRate: 1e-3 },
  ebm: { learningRate: 1e-3 },
  turn: { kind: 'ratio', ebm: 1, flow: 1 },
};
const configOf = (stopping: object = {}, more: object = {}) => {
  const config = fceSchema.parse({
    ...base,
    ...more,
    stopping: { patience: 2, heldOut: 6, projections: 32, ...stopping },
  });
  return { ...config, stopping: config.stopping! };
};
const file = packBytes(images(24, 1).bytes);
const rowSize = 16;

function open(config = configOf(), openSession = (program: Program): Session => new EagerSession(program)) {
  const training = createTraining(config, models, { shape: [...imageShape], count: 24 }, 0);
  const session = openSession(training.program);
  const kept = file.length - config.stopping.heldOut * rowSize;
  session.assign({
    data: file.subarray(0, kept),
    'probe.heldOut': file.subarray(kept),
    ...noSamples(training),
    ...emptyParts(training.players, config),
    ...initialize(training, { seed: 1, initialFlow: null, data: file.subarray(0, kept) }),
  });
  return { config, training, session };
}

function measure({ config, session }: ReturnType<typeof open>, seed = 1): number {
  const measuring = measureHeldOut(session, config, seed, 0);
  for (;;) {
    const step = measuring.next();
    if (step.done) return step.value;
  }
}

describe('the distance from images held out', () => {
  test('is the same every time it is measured, and eagerly as in replay', () => {
    const eager = open();
    const first = measure(eager);
    assert.ok(first > 0, `distance ${first}`);
    assert.equal(measure(eager), first);
    const replay = measure(open(configOf(), (program) => new ReplaySession(program)));
    assert.ok(Math.abs(replay - first) < 1e-4 * first, `eager ${first}, replayed ${replay}`);
  });

  test('changes with the averaged flow, not with the one that is averaged', () => {
    const opened = open();
    const before = measure(opened);
    const { flow } = opened.session.read(['flow']);
    const other = (flow as Float32Array).map((value) => value + 0.05);
    opened.session.assign({ flow: other });
    assert.equal(measure(opened), before);
    opened.session.assign({ 'flow.average': other });
    assert.notEqual(measure(opened), before);
  });

  test('changes with the seed, the images held out and the number of directions', () => {
    const before = measure(open());
    assert.notEqual(measure(open(), 2), before);
    assert.notEqual(measure(open(configOf({ projections: 16 }))), before);
    assert.notEqual(measure(open(configOf({ heldOut: 8 }))), before);
    const opened = open();
    opened.session.assign({ 'probe.heldOut': new Int32Array(6 * rowSize) });
    assert.notEqual(measure(opened), before);
  });

  test(
    'has as many samples as images, also where parts do not divide them or hold more; shards change '
      + 'nothing',
    () => {
      const drawn = (more: object): Float32Array => {
        const opened = open(configOf({}, more));
        measure(opened);
        return opened.session.read(['probe.samples'])['probe.samples'] as Float32Array;
      };
      for (const more of [{}, { batchSize: 3 }, { batchSize: 16 }, { microBatch: 2 }]) {
        const samples = drawn(more);
        assert.equal(samples.length, 6 * 64);
        const rows = new Set(
          Array.from({ length: 6 }, (_, i) => samples.subarray(i * 64, i * 64 + 64).join()),
        );
        assert.equal(rows.size, 6, 'every sample is drawn anew');
        assert.ok(
          samples.every((value) => Math.abs(value) <= 0.5),
          'samples stay within the grey scale',
        );
      }
      const [whole, sharded] = [drawn({}), drawn({ shards: 2 })];
      whole.forEach((value, i) =>
        assert.ok(
          Math.abs(value - sharded[i]!) < 1e-5,
          `sample value ${i}: ${value}, in shards ${sharded[i]}`,
        ),
      );
    },
  );

  test('of a flow whose samples are no numbers is a divergence', () => {
    const opened = open();
    const { flow } = opened.session.read(['flow']);
    opened.session.assign({ 'flow.average': (flow as Float32Array).map(() => Number.NaN) });
    assert.throws(() => measure(opened), {
      name: 'DivergedError',
      rule: 'non-finite',
      message: /a held-out sample is NaN/,
    });
  });
});

describe('images set aside', () => {
  test('are not part of the training set, and a training without a rule has all of them', () => {
    assert.equal(open().training.data.count, 18);
    assert.equal(open(configOf({ heldOut: 8 })).training.data.count, 16);
    const plain = createTraining(fceSchema.parse(base), models, { shape: [...imageShape], count: 24 }, 0);
    assert.equal(plain.data.count, 24);
    assert.deepEqual(Object.keys(plain.program.functions), ['ebm', 'flow']);
    assert.deepEqual(
      Object.keys(plain.program.variables).filter((name) => name.startsWith('probe')),
      [],
    );
  });

  test('must leave some, and must be images', () => {
    assert.throws(
      () => open(configOf({ heldOut: 24 })),
      /Expected stopping\.heldOut below the 24 images of the training file, got 24\. Lower it/,
    );
    const points: ModelsConfig = {
      flow: flowSchema.parse({ kind: 'vector' }),
      ebm: ebmSchema.parse({ kind: 'dense' }),
    };
    assert.throws(
      () => createTraining(configOf(), points, { shape: [2], count: 24 }, 0),
      /Expected stopping = null for points/,
    );
  });
});
