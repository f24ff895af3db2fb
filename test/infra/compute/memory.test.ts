import '../../support/tensorflow.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openSession } from '../../../infra/compute/replay-session.ts';
import { modelsSchema } from '../../../models/fce/config.ts';
import { createTraining } from '../../../models/create-training.ts';
import { initialize } from '../../../models/training/initialize.ts';
import { trainingSchema } from '../../../models/training-schema.ts';
import { firstCounters, updates } from '../../../models/training/updates.ts';
import { uniform } from '../../../models/core/random.ts';

const [settled, last] = [200, 2000];
/** One batch of images a step left behind would be 177 MB. */
const mostGrowthMb = 40;

test(`the memory of an image contrast does not grow from update ${settled} to ${last}`, (t) => {
  const player = { learningRate: 1e-4 };
  const config = trainingSchema.parse({
    method: 'fce',
    updates: last,
    batchSize: 32,
    shards: 2,
    flips: true,
    flow: player,
    ebm: player,
    turn: { kind: 'ratio', ebm: 1, flow: 1 },
  });
  const models = modelsSchema.parse({
    flow: { kind: 'image', levels: 1, depth: 1, width: 8 },
    ebm: { kind: 'conv', channels: [8, 8] },
  });
  const training = createTraining(config, models, { shape: [16, 16, 3], count: 300 }, 0);
  const byte = uniform(1, 'images');
  const data = Int32Array.from({ length: 300 * 192 }, () => Math.floor(byte() * 2 ** 32));
  const session = openSession(training.program);
  session.assign({ data, ...initialize(training, { seed: 1, initialFlow: null, data }) });
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const residentMb = (): number => {
    collect();
    return process.memoryUsage().rss / 2 ** 20;
  };
  let after = NaN;
  for (const { counters } of updates(
    session,
    training,
    { seed: 1, training: 'test', noiseStream: 0, learningRateScale: 1 },
    firstCounters,
    last,
  )) {
    if (counters.update === settled) after = residentMb();
  }
  const growth = residentMb() - after;
  t.diagnostic(`${after.toFixed(0)} MB after ${settled} updates, ${growth.toFixed(1)} MB more after ${last}`);
  session.dispose();
  assert.ok(growth < mostGrowthMb, `grew by ${growth} MB`);
});
