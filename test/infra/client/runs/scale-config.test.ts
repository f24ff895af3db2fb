import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { stringify } from 'yaml';
import type { ExperimentConfig, TrainingConfig } from '../../../../activities/config/experiment-config.ts';
import { trialRequest } from '../../../../activities/sweep/trial-request.ts';
import { CounterflowError } from '../../../../infra/base/user-error.ts';
import { readConfigFile } from '../../../../infra/client/runs/config-file.ts';
import { readScale } from '../../../../infra/cli/arguments/options.ts';
import { findExperiment, resolveConfig } from '../../../../infra/client/runs/resolve-config.ts';
import { requestOf, runCommand } from '../../../../infra/client/runs/run-request.ts';
import { resolveSweep } from '../../../../infra/client/sweeps/resolve-sweep.ts';
import { experiments } from '../../../../workflows/experiments/index.ts';
import { temporaryFolder } from '../../../support/folders.ts';

const resolved = (name: string, scale?: number, ...set: string[]): ExperimentConfig =>
  resolveConfig(findExperiment(experiments, name), { scale, set, seed: undefined });

/** Those whose updates are configured, and not left to measured time. */
function trainings({
  baselines,
  featureNetwork,
  pretrain,
  contrast,
}: ExperimentConfig): [string, TrainingConfig][] {
  return Object.entries({ ...baselines, featureNetwork, pretrain, contrast }).filter(
    (entry): entry is [string, TrainingConfig] => entry[1] !== null && entry[1].updates !== null,
  );
}

describe('a scale', () => {
  for (const name of Object.keys(experiments)) {
    test(`gives every training of ${name} a tenth of its updates`, () => {
      const [whole, tenth] = [trainings(resolved(name)), trainings(resolved(name, 0.1))];
      assert(whole.length > 1);
      assert.deepEqual(
        tenth.map(([training, { updates }]) => [training, updates]),
        whole.map(([training, { updates }]) => [training, updates / 10]),
      );
    });
  }

  test(
    'keeps the form of a training: warm-ups and kept lines are the same share of it, batches, rates '
      + 'and segments stay',
    () => {
      const [{ contrast: whole }, { contrast }] = [resolved('cifar10'), resolved('cifar10', 0.01)];
      assert.deepEqual(contrast, {
        ...whole,
        updates: 1000,
        ebmWarmupUpdates: 10,
        logEvery: 1,
        probeEvery: 3,
        flow: { ...whole.flow, warmupUpdates: 10 },
      });
      const { vae } = resolved('cifar10', 2, 'baselines.vae.vae.warmupUpdates=7').baselines;
      assert.deepEqual([vae!.updates, vae!.vae.warmupUpdates], [400_000, 7]);
    },
  );

  test('leaves data, models and evaluation as they are', () => {
    const [whole, tenth] = [resolved('mnist-quick'), resolved('mnist-quick', 0.1)];
    assert.deepEqual(
      [tenth.dataset, tenth.models, tenth.evaluation, tenth.compute, tenth.seed],
      [whole.dataset, whole.models, whole.evaluation, whole.compute, whole.seed],
    );
    assert.equal(tenth.featureNetwork!.heldOutImages, whole.featureNetwork!.heldOutImages);
  });

  test('rounds to the nearest whole number, and to none below 1; what was 0 stays 0', () => {
    const { contrast } = resolved('eight-gaussians', 0.00026);
    assert.deepEqual(
      [contrast.updates, contrast.logEvery, contrast.flow.warmupUpdates, contrast.ebm.warmupUpdates],
      [3, 1, 1, 0],
    );
    assert.equal(resolved('eight-gaussians', 0.00001).contrast.updates, 1);
    assert.equal(resolved('eight-gaussians', 100).contrast.updates, 1_000_000);
  });

  test('that leaves a training nothing but its warm-up is refused, with the smallest that works', () => {
    const refused = (name: string, scale: number, ...set: string[]): string => {
      try {
        resolved(name, scale, ...set);
      } catch (error) {
        assert(error instanceof CounterflowError && error.exitCode === 2, String(error));
        return error.message;
      }
      throw new Error(`--scale ${scale} of ${name} was taken.`);
    };
    const message = refused('mnist-quick', 0.0005);
    assert.match(
      message,
      /^Expected --scale to leave each training updates beyond its warm-up, got 0\.0005, where of contrast its one update is the EBM's, and the flow never moves \(contrast\.ebmWarmupUpdates = 1\)\./,
    );
    for (const [name, scale] of [
      ['cifar10', 0.00001],
      ['mnist-quick', 0.0005],
      ['svhn-quick', 0.0005],
    ] as const) {
      const smallest = Number(/Take --scale (\S+) or more/.exec(refused(name, scale))![1]);
      assert(smallest > scale && smallest <= 1);
      resolved(name, smallest);
      const before = Number((smallest - 10 ** (Math.floor(Math.log10(smallest)) - 1)).toPrecision(2));
      assert.match(refused(name, before), /Expected --scale/, `${name} ${before}`);
      for (let larger = smallest; larger < 1; larger *= 1.3) resolved(name, larger);
    }
    assert.equal(resolved('mnist-quick', 0.0005, 'contrast.ebmWarmupUpdates=0').contrast.updates, 1);
  });

  test('does not answer for warm-ups that are as long without it', () => {
    assert.equal(
      resolved('mnist-quick', 0.5, 'contrast.updates=50', 'contrast.ebmWarmupUpdates=50').contrast
        .ebmWarmupUpdates,
      50,
    );
  });

  test('of 1 changes nothing', () => {
    for (const name of Object.keys(experiments)) assert.deepEqual(resolved(name, 1), resolved(name));
  });

  test(
    'is gone over by --set, whichever comes first on the command line, and goes over a configuration '
      + 'file',
    async () => {
      assert.equal(resolved('eight-gaussians', 0.1, 'contrast.updates=70').contrast.updates, 70);
      const path = join(temporaryFolder('scale'), 'mine.yaml');
      writeFileSync(
        path,
        stringify({
          contrast: { updates: 5000 },
          pretrain: {
            method: 'mle',
            updates: 300,
            batchSize: 5,
            flow: { learningRate: 1e-3, warmupUpdates: 40 },
          },
        }),
      );
      const { contrast, pretrain, baselines } = resolveConfig(experiments['eight-gaussians']!, {
        file: await readConfigFile(path),
        scale: 0.1,
        set: ['baselines.nceMatched.updates=9'],
        seed: 4,
      });
      assert.deepEqual(
        [contrast.updates, pretrain!.updates, pretrain!.flow.warmupUpdates, pretrain!.logEvery],
        [500, 30, 4, 5],
      );
      assert.deepEqual([baselines.flowMle!.updates, baselines.nceMatched!.updates], [1000, 9]);
    },
  );

  test('leaves what is no number of updates for its rule to name', () => {
    const path = join(temporaryFolder('scale'), 'bad.yaml');
    writeFileSync(path, 'contrast: { updates: many }\n');
    return assert.rejects(
      async () =>
        resolveConfig(experiments['eight-gaussians']!, {
          file: await readConfigFile(path),
          scale: 0.1,
          set: [],
          seed: undefined,
        }),
      /contrast\.updates of .*bad\.yaml to be a number, got "many"/,
    );
  });

  test('is above 0 and at most 100', () => {
    for (const text of ['0', '-1', '101', 'Infinity', 'NaN', '', ' ', 'a tenth'])
      assert.throws(() => readScale(text), /Expected a number above 0 and at most 100/, text);
    assert.deepEqual(['0.1', '1e-3', '100'].map(readScale), [0.1, 0.001, 100]);
  });

  test('is in the command that makes the run again, whose configuration is the scaled one', async () => {
    const request = await requestOf('eight-gaussians', { scale: 0.1, set: ['contrast.updates=70'] });
    assert.match(request.command, /run eight-gaussians --scale 0\.1 --set contrast\.updates=70$/);
    assert.deepEqual(
      [request.config.contrast.updates, request.config.baselines.flowMle!.updates],
      [70, 1000],
    );
    assert.doesNotMatch(runCommand('spiral', {}), /--scale/);
  });
});

describe('a scale of a sweep', () => {
  const sweepFile = (more: string): string => {
    const path = join(temporaryFolder('scale'), 'rates.yaml');
    writeFileSync(
      path,
      `experiment: eight-gaussians\n${more}\nparameters: { contrast.ebm.learningRate: { kind: uniform, `
        + `min: 0.001, max: 0.01 } }\ntrials: 2\nobjective: { metric: mse.ebmFce }\n`,
    );
    return path;
  };

  test('holds for every trial, from its file or from the command line, which goes over the file', async () => {
    for (const [more, options, updates] of [
      ['scale: 0.1', {}, 1000],
      ['scale: 0.1', { scale: 0.5 }, 5000],
      ['', { scale: 0.01 }, 100],
    ] as const) {
      const sweep = await resolveSweep(sweepFile(more), options);
      const { config, command } = trialRequest(sweep, { trial: 1, rung: 0 }, [], '').request;
      assert.deepEqual([config.contrast.updates, config.baselines.nceMatched!.updates], [updates, updates]);
      assert.match(command, new RegExp(`--scale ${updates / 10_000} --set`));
    }
  });

  test('is gone over by what the file sets', async () => {
    const {
      base: { config },
    } = await resolveSweep(sweepFile('scale: 0.1\nset: { contrast.updates: 70 }'), {});
    assert.deepEqual([config.contrast.updates, config.baselines.flowMle!.updates], [70, 1000]);
  });

  test('leaves rungs that are numbers of updates, and says what follows it where they do not fit any more', async () => {
    const rungs = sweepFile('halving: { rungs: [2500, 5000], keep: 0.5 }');
    assert.deepEqual((await resolveSweep(rungs, {})).halving!.rungs, [2500, 5000]);
    await assert.rejects(
      resolveSweep(rungs, { scale: 0.1 }),
      (error: unknown) =>
        error instanceof CounterflowError
        && /Rungs below 1 are shares, which follow contrast\.updates and --scale\.$/.test(error.message),
    );
    assert.deepEqual(
      (await resolveSweep(sweepFile('halving: { rungs: [0.25, 0.5], keep: 0.5 }'), { scale: 0.1 })).base
        .config.contrast.updates,
      1000,
    );
  });

  test('of a file is above 0 and at most 100', async () => {
    for (const scale of ['0', '101', 'tenth'])
      await assert.rejects(
        resolveSweep(sweepFile(`scale: ${scale}`), {}),
        /scale of rates\.yaml to be/,
        scale,
      );
  });
});
