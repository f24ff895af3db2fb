/** The verbs, with ports in memory and a compute that answers as it is told. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { CancelledFailure, type ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { zipSync } from 'fflate';
import sharp from 'sharp';
import type { EvaluationConfig, FceConfig } from '../../activities/config/experiment-config.ts';
import type { Activities } from '../../activities/contracts/activities.ts';
import type { Salted } from '../../activities/contracts/artifact.ts';
import type { DensityRequest, ExportedModels } from '../../activities/contracts/evaluation.ts';
import { failures } from '../../activities/contracts/failures.ts';
import type { SegmentRequest } from '../../activities/contracts/training.ts';
import { createActivities } from '../../activities/create-activities.ts';
import type { Compute } from '../../activities/ports/compute.ts';
import { ComputeCrashedError } from '../../activities/ports/errors.ts';
import { DivergedError } from '../../models/training/divergence.ts';
import { modelProto } from '../../models/graph/onnx-proto.ts';
import { temporaryFolder } from '../support/folders.ts';
import { ref, requestOf } from '../workflows/fake-run.ts';
import { fakePorts, type FakePorts } from './fake-ports.ts';

const folder = temporaryFolder('create-activities');

interface Asked {
  readonly name: string;
  readonly job: Record<string, unknown>;
  readonly scratch: string;
}

/** A compute that writes down what it was asked and answers with `files`, written to the scratch folder. */
function portsThatAnswer(answer: (write: (name: string) => string) => object): {
  ports: FakePorts;
  asked: Asked[];
} {
  const asked: Asked[] = [];
  const run = (async (name: string, job: Record<string, unknown>, { scratch }: { scratch: string }) => {
    asked.push({ name, job, scratch });
    return answer((file) => {
      writeFileSync(join(scratch, file), `content of ${file}`);
      return join(scratch, file);
    });
  }) as unknown as Compute['run'];
  return { ports: fakePorts(run), asked };
}

/** Calls a verb as a worker would. */
function call<K extends keyof Activities>(
  ports: FakePorts,
  name: K,
  request: Parameters<Activities[K]>[0],
): ReturnType<Activities[K]> {
  const verb = createActivities(ports)[name] as (request: Parameters<Activities[K]>[0]) => Promise<unknown>;
  const output = new MockActivityEnvironment().run(() => verb(request));
  return output as ReturnType<Activities[K]>;
}

async function segmentOf(
  ports: FakePorts,
  changes: Partial<SegmentRequest> = {},
): Promise<Salted<SegmentRequest>> {
  const [train, test, checkpoint] = await Promise.all(
    ['train', 'test', 'checkpoint'].map((name) => ports.store.put(Buffer.from(name))),
  );
  const { config } = requestOf('run');
  return {
    spec: {
      training: 'contrast',
      config: config.contrast,
      models: config.models,
      seed: 1,
      threads: 1,
      dataset: { train: train!, test: test!, shape: [2] },
      initialFlow: null,
    },
    checkpoint: checkpoint!,
    fromUpdate: 10,
    toUpdate: 20,
    adjustment: { learningRateScale: 1, noiseStream: 0 },
    salt: null,
    ...changes,
  };
}
const segmentAnswer = (write: (name: string) => string) => ({
  checkpoint: write('checkpoint.safetensors'),
  metrics: write('metrics.jsonl'),
  last: { value: -1 },
  weights: { raw: 'r', averaged: 'a' },
});
const failed = (promise: Promise<unknown>): Promise<ApplicationFailure> =>
  promise.then(
    () => assert.fail('expected a failure'),
    (error: ApplicationFailure) => error,
  );

describe('trainSegment', () => {
  test('keeps what the job wrote as artifacts, and leaves no scratch file', async () => {
    const { ports, asked } = portsThatAnswer(segmentAnswer);
    const result = await call(ports, 'trainSegment', await segmentOf(ports));
    assert.deepEqual(result.checkpoint, ref('content of checkpoint.safetensors'));
    assert.deepEqual([result.reused, result.weights], [false, { raw: 'r', averaged: 'a' }]);
    assert.deepEqual(readdirSync(ports.scratch), []);
    assert.ok(existsSync((asked[0]!.job['files'] as { checkpoint: string }).checkpoint));
  });

  test('is not computed twice, unless its noise, its learning rates, its checkpoint or its salt differ', async () => {
    const { ports, asked } = portsThatAnswer(segmentAnswer);
    const request = await segmentOf(ports);
    await call(ports, 'trainSegment', request);
    assert.equal((await call(ports, 'trainSegment', request)).reused, true);
    assert.equal(asked.length, 1);
    for (const change of [
      { adjustment: { learningRateScale: 1, noiseStream: 1 } },
      { adjustment: { learningRateScale: 0.5, noiseStream: 0 } },
      { checkpoint: null },
      { salt: 'run-2' },
    ]) {
      assert.equal((await call(ports, 'trainSegment', { ...request, ...change })).reused, false);
    }
  });

  test('of a run that began before a setting existed has its default, and the key of a run that states it', async () => {
    const { ports, asked } = portsThatAnswer(segmentAnswer);
    const request = await segmentOf(ports);
    const {
      microBatch: _,
      flow: { algorithm: __, ...flow },
      ...config
    } = request.spec.config as FceConfig;
    const old = {
      ...request,
      spec: { ...request.spec, config: { ...config, flow } as unknown as FceConfig },
    };
    const { key } = await call(ports, 'trainSegment', old);
    const { checkpoints: ___, ...decisive } = request.spec.config;
    assert.deepEqual((asked[0]!.job['spec'] as { config: FceConfig }).config, decisive);
    assert.deepEqual(await call(ports, 'trainSegment', request).then((again) => [again.key, again.reused]), [
      key,
      true,
    ]);
  });

  test('is found whichever checkpoints its training keeps, and not for another setting', async () => {
    const { ports } = portsThatAnswer(segmentAnswer);
    const request = await segmentOf(ports);
    const withSettings = (settings: object) => ({
      ...request,
      spec: { ...request.spec, config: { ...request.spec.config, ...settings } as FceConfig },
    });
    const { key } = await call(ports, 'trainSegment', request);
    const kept = await call(ports, 'trainSegment', withSettings({ checkpoints: { keep: 7, every: 3 } }));
    assert.deepEqual([kept.key, kept.reused], [key, true]);
    assert.equal((await call(ports, 'trainSegment', withSettings({ batchSize: 9 }))).reused, false);
  });

  test(
    'is found though its checkpoint was released, says so, and is computed anew where it has to be '
      + 'whole',
    async () => {
      const { ports } = portsThatAnswer(segmentAnswer);
      const request = await segmentOf(ports);
      const { checkpoint, released: before } = await call(ports, 'trainSegment', request);
      const done = await call(ports, 'releaseCheckpoints', {
        runId: 'a-run',
        config: request.spec.config,
        salt: null,
        checkpoints: [checkpoint],
      });
      const found = await call(ports, 'trainSegment', request);
      assert.deepEqual(
        [done.released, before, found.reused, found.released],
        [[checkpoint.sha256], undefined, true, true],
      );
      const whole = await call(ports, 'trainSegment', { ...request, whole: true });
      assert.deepEqual(
        [whole.reused, whole.lost, whole.released, whole.checkpoint, whole.key],
        [false, true, undefined, checkpoint, found.key],
      );
      assert.match(whole.reason, /^what it made on .* was released, and is needed again$/);
      assert.equal((await call(ports, 'trainSegment', { ...request, whole: true })).reused, true);
    },
  );

  test('fails as Divergence with the checkpoint it went on from, and remembers nothing', async () => {
    const { ports } = portsThatAnswer(() => {
      throw new DivergedError('value-bound', '|value| is 2e5.', { update: 13, value: -2e5, limit: 1e5 });
    });
    const request = await segmentOf(ports);
    const failure = await failed(call(ports, 'trainSegment', request));
    assert.equal(failure.type, failures.divergence);
    assert.deepEqual((failure.details![0] as { lastGood: unknown }).lastGood, request.checkpoint);
    assert.equal(ports.actions.size, 0);
    assert.deepEqual(readdirSync(ports.scratch), []);
  });

  test('fails as ComputeCrashed, to be retried, when its process dies', async () => {
    const { ports } = portsThatAnswer(() => {
      throw new ComputeCrashedError('It died.', null, 'SIGKILL', '');
    });
    const failure = await failed(call(ports, 'trainSegment', await segmentOf(ports)));
    assert.deepEqual([failure.type, failure.nonRetryable], [failures.computeCrashed, false]);
  });

  test('passes a cancellation on to the job', async () => {
    let stopped = false;
    const env = new MockActivityEnvironment();
    const ports = fakePorts(
      ((_name: string, _job: unknown, { signal }: { signal: AbortSignal }) =>
        new Promise((_, reject) => {
          setTimeout(() => env.cancel(), 50);
          signal.addEventListener('abort', () => {
            stopped = true;
            reject(signal.reason as Error);
          });
        })) as unknown as Compute['run'],
    );
    const running = env.run(createActivities(ports).trainSegment, await segmentOf(ports));
    await assert.rejects(running, CancelledFailure);
    assert.ok(stopped);
  });
});

describe('prepareDataset', () => {
  const request = {
    dataset: { kind: 'toy', density: 'spiral', trainCount: 50, testCount: 20 },
    dataDir: null,
    seed: 3,
    salt: null,
  } as const;

  test('makes the same artifacts for the same seed, others for another', async () => {
    const [one, same, other] = await Promise.all(
      [3, 3, 4].map((seed) => call(fakePorts(), 'prepareDataset', { ...request, seed })),
    );
    assert.equal(one!.train.sha256, same!.train.sha256);
    assert.notEqual(one!.train.sha256, other!.train.sha256);
    assert.deepEqual([one!.trainCount, one!.testCount, one!.partial], [50, 20, false]);
  });

  test('names the folder it read, though another had the same images before', async () => {
    const { ports } = portsThatAnswer(() => ({}));
    const dataset = {
      kind: 'folder',
      size: 8,
      channels: 3,
      heldOut: 0.5,
      kernel: 'linear',
      maxPixels: 1000,
      onBadImage: 'refuse',
    } as const;
    const image = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#123456' } })
      .png()
      .toBuffer();
    const prepared = [];
    for (const name of ['cats', 'dogs']) {
      const dataDir = join(folder, name);
      mkdirSync(dataDir);
      for (let i = 0; i < 10; i++) writeFileSync(join(dataDir, `${i}.png`), image);
      prepared.push(await call(ports, 'prepareDataset', { dataset, dataDir, seed: 1, salt: null }));
    }
    assert.deepEqual(
      prepared.map(({ source }) => /folder (\w+)/.exec(source)![1]),
      ['cats', 'dogs'],
    );
    assert.equal(prepared[0]!.train.sha256, prepared[1]!.train.sha256);
  });

  test(
    'leaves no file open behind it, of a zip of images neither',
    { skip: process.platform !== 'linux' && 'only Linux tells which files are open' },
    async () => {
      const dataDir = join(folder, 'celeba');
      mkdirSync(dataDir);
      const image = await sharp({ create: { width: 178, height: 218, channels: 3, background: '#123456' } })
        .jpeg()
        .toBuffer();
      writeFileSync(join(dataDir, 'list_eval_partition.txt'), '000001.jpg 0\n000002.jpg 2\n');
      writeFileSync(
        join(dataDir, 'img_align_celeba.zip'),
        zipSync({ 'img_align_celeba/000001.jpg': image, 'img_align_celeba/000002.jpg': image }),
      );
      const dataset = { kind: 'celeba', size: 32, crop: 140, kernel: 'linear', allowPartial: true } as const;
      const { trainCount, testCount } = await call(fakePorts(), 'prepareDataset', {
        dataset,
        dataDir,
        seed: 1,
        salt: null,
      });
      assert.deepEqual([trainCount, testCount], [1, 1]);
      const isOpen = (fd: string): boolean => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).startsWith(dataDir);
        } catch {
          return false;
        }
      };
      // closing takes a moment
      for (let tries = 0; tries < 20 && readdirSync('/proc/self/fd').some(isOpen); tries++) await pause(50);
      assert.ok(!readdirSync('/proc/self/fd').some(isOpen), 'the zip is still open');
    },
  );

  test('fails as MissingData, for good, without a folder to read from', async () => {
    const failure = await failed(
      call(fakePorts(), 'prepareDataset', { ...request, dataset: { kind: 'cifar10', allowPartial: false } }),
    );
    assert.deepEqual([failure.type, failure.nonRetryable], [failures.missingData, true]);
  });
});

async function exportFor(ports: FakePorts, runId: string): Promise<ExportedModels> {
  const { experiment, config } = requestOf(runId);
  const checkpoint = await ports.store.put(Buffer.from('checkpoint'));
  const owner = { runId, experiment, config };
  return call(ports, 'exportModels', {
    training: 'nce-standard',
    checkpoint,
    models: config.models,
    shape: [2],
    threads: 1,
    owner,
    salt: null,
  });
}

describe('exportModels and evaluateDensity', () => {
  test('keep the files a checkpoint gives, and leave out those it does not', async () => {
    const { ports } = portsThatAnswer((write) => ({
      flowLogProb: null,
      flowSample: null,
      ebm: write('ebm.onnx'),
    }));
    const exported = await exportFor(ports, 'run-1');
    assert.deepEqual(
      [exported.name, exported.ebm, 'flowSample' in exported],
      ['nce-standard', ref('content of ebm.onnx'), false],
    );
  });

  test("share a training's files between runs, and give each run copies that name it", async () => {
    const { ports, asked } = portsThatAnswer((write) => ({
      flowLogProb: null,
      flowSample: null,
      ebm: write('ebm.onnx'),
    }));
    const [one, two] = [await exportFor(ports, 'run-1'), await exportFor(ports, 'run-2')];
    assert.deepEqual([asked.length, two.reused, two.ebm], [1, true, one.ebm]);
    for (const [{ stamped }, runId] of [
      [one, 'run-1'],
      [two, 'run-2'],
    ] as const) {
      const bytes = await ports.store.get(stamped.ebm!);
      const original = Buffer.from('content of ebm.onnx');
      assert.deepEqual(Buffer.from(bytes.subarray(0, original.length)), original);
      const { metadata_props: added } = modelProto.toObject(
        modelProto.decode(bytes.subarray(original.length)),
      ) as { metadata_props: { key: string; value: string }[] };
      const metadata = Object.fromEntries(added.map(({ key, value }) => [key, value]));
      assert.deepEqual(
        [metadata.run_id, metadata.experiment, JSON.parse(metadata.configuration!)],
        [runId, 'pretend', requestOf(runId).config],
      );
    }
  });

  test('give results that survive JSON, and depend on every byte of a model', async () => {
    const { ports, asked } = portsThatAnswer((write) => ({
      results: { 'mse.flowMle': Infinity, 'mse.ebmFce': 0.5 },
      files: { grid: write('grid') },
      executionProvider: 'cpu',
    }));
    const { evaluation } = requestOf('run').config;
    const evaluate = async (model: string, settings: Partial<EvaluationConfig> = evaluation) => {
      const [file, data] = [
        await ports.store.put(Buffer.from(model)),
        await ports.store.put(Buffer.from('data')),
      ];
      const request: Salted<DensityRequest> = {
        evaluation: settings as EvaluationConfig,
        seed: 1,
        threads: 1,
        dataset: { train: data, test: data, shape: [2] },
        models: { ebmFce: file },
        samplers: {},
        density: 'spiral',
        salt: null,
      };
      return call(ports, 'evaluateDensity', request);
    };
    assert.deepEqual((await evaluate('weights')).results, { 'mse.flowMle': 'Infinity', 'mse.ebmFce': 0.5 });
    assert.equal((await evaluate('weights')).reused, true);
    assert.equal((await evaluate('weightz')).reused, false);
    assert.deepEqual(Object.keys(asked[0]!.job['models'] as object), ['ebmFce']);
    const { temperatures: _, ...before } = evaluation;
    await evaluate('of a run that began before there were temperatures', before);
    assert.deepEqual(asked.at(-1)!.job['evaluation'], evaluation);
  });
});
