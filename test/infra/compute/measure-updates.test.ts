/** What updates of a control take, measured by real processes. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ArtifactRef } from '../../../activities/contracts/artifact.ts';
import type { MeasuredUpdates, TrainingSpec } from '../../../activities/contracts/training.ts';
import { measureUpdates } from '../../../activities/measure-updates.ts';
import { prepareDataset } from '../../../activities/prepare-dataset.ts';
import { trainSegment } from '../../../activities/train-segment.ts';
import { createPorts } from '../../../infra/worker/create-ports.ts';
import { layoutOf } from '../../../infra/store/layout.ts';
import { calmLife } from '../../activities/fake-ports.ts';
import { smallImageRequest, writeDigits } from '../../support/faults/small-image-run.ts';
import { temporaryFolder } from '../../support/folders.ts';

const folder = temporaryFolder('measure-updates');
const checkpoint: ArtifactRef = {
  uri: `artifact://sha256/${'ab'.repeat(32)}`,
  sha256: 'ab'.repeat(32),
  bytes: 1,
};

describe('measured updates', { timeout: 300_000 }, () => {
  const ports = createPorts(layoutOf(folder));
  let spec: TrainingSpec;
  const measure = (changes: Partial<TrainingSpec> = {}, updates = 40): Promise<MeasuredUpdates> =>
    measureUpdates(
      ports,
      { spec: { ...spec, ...changes }, most: 40, beside: { checkpoint, updates }, salt: null },
      calmLife,
    );
  before(async () => {
    const dataDir = join(folder, 'digits');
    writeDigits(dataDir);
    const { config } = smallImageRequest('x', dataDir);
    const dataset = await prepareDataset(
      ports,
      { dataset: config.dataset, dataDir, seed: 1, salt: null },
      calmLife,
    );
    const { pretrain, models } = config;
    spec = {
      training: 'control',
      config: pretrain!,
      models,
      seed: 1,
      threads: 1,
      dataset: { train: dataset.train, test: dataset.test, shape: dataset.shape },
      initialFlow: null,
    };
  });
  after(() => ports.compute.close());

  test(
    'are as many as are worth a few seconds, take about what a training takes for them, and leave '
      + 'nothing',
    async () => {
      const { updates, updateSeconds, firstSeconds, reused } = await measure();
      assert.deepEqual([updates, reused], [40, false], 'fast ones are all measured that are asked for');
      assert.deepEqual([ports.compute.processIds(), readdirSync(layoutOf(folder).scratch)], [[], []]);
      assert.ok(firstSeconds > updateSeconds / updates, 'the graph is prepared in the first');
      const config = { ...spec.config, updates: 400 };
      const request = {
        spec: { ...spec, config },
        checkpoint: null,
        fromUpdate: 0,
        toUpdate: 400,
        adjustment: { learningRateScale: 1, noiseStream: 0 },
        salt: null,
      };
      const segment = await trainSegment(ports, request, {
        ...calmLife,
        attempt: { ...calmLife.attempt, workflowId: 'a-run/control' },
      });
      const expected = firstSeconds + (400 * updateSeconds) / updates;
      assert.ok(
        segment.updateSeconds > expected / 4 && segment.updateSeconds < 4 * expected,
        `${segment.updateSeconds} s, where ${expected} were expected`,
      );
    },
  );

  test('are found again beside the same contrast, and measured anew beside another', async () => {
    const [first, again, other] = [await measure(), await measure(), await measure({}, 41)];
    assert.deepEqual(
      [again.reused, again.updates, again.updateSeconds, again.firstSeconds],
      [true, first.updates, first.updateSeconds, first.firstSeconds],
    );
    assert.equal(other.reused, false);
    assert.notEqual(other.updateSeconds, first.updateSeconds);
    const longer = { ...spec.config, updates: 999 };
    assert.equal(
      (await measure({ config: longer })).reused,
      true,
      'how many were configured is no part of it',
    );
  });

  test('do not diverge, whatever the rates are, for nothing is learned', async () => {
    const config = {
      ...spec.config,
      flow: { ...(spec.config as { flow: object }).flow, learningRate: 1e30 },
    } as TrainingSpec['config'];
    assert.equal((await measure({ config })).updates, 40);
  });

  test('have no file of their own in the store', () =>
    assert.equal(existsSync(join(folder, 'a-workflow')), false));
});
