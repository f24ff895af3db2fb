/** The pipeline's story on a real server, with pretend activities. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import type { Decision } from '../../../activities/contracts/decision.ts';
import { failures } from '../../../activities/contracts/failures.ts';
import type { RunRequest } from '../../../activities/contracts/run.ts';
import type { SegmentRequest, SegmentSummary, TrainingSpec } from '../../../activities/contracts/training.ts';
import type { reproduce } from '../../../workflows/run/reproduce.ts';
import { workflowQueue } from '../../../workflows/shared/queues.ts';
import { atStart, type TrainingState } from '../../../workflows/training/segments.ts';
import { statusQuery } from '../../../workflows/shared/status.ts';
import type { train } from '../../../workflows/training/train.ts';
import type { Activities } from '../../../activities/contracts/activities.ts';
import type { ImagesRequest } from '../../../activities/contracts/evaluation.ts';
import { openPretendServer, type PretendServer } from '../../support/pretend-workers.ts';
import { noTemporal } from '../../support/temporal.ts';
import {
  contrastAlone,
  divergence,
  figuresOf,
  lostCheckpoint,
  ofImages,
  pretend,
  ref,
  requestOf,
  segmentName,
  sharedBy,
  withContrast,
  withOneBaseline,
  withPretrain,
  withStopping,
  type Pretence,
} from '../fake-run.ts';

describe('the workflow reproduce', { skip: noTemporal, concurrency: true }, () => {
  let env: TestWorkflowEnvironment;
  let workflowBundle: WorkflowBundleWithSourceMap;
  let server: PretendServer | undefined;
  /** Each run's activities, by the run's id: all runs share the workers. */
  const pretences = new Map<string, Pretence>();
  before(async () => {
    server = await openPretendServer({
      activities: sharedBy(pretences),
      maxHeartbeatThrottleInterval: '1 s',
    });
    ({ env, workflowBundle } = server);
  });
  after(() => server?.close());

  type Handle = WorkflowHandle<typeof reproduce>;

  async function onRun<T>(
    request: RunRequest,
    pretence: Pretence,
    use: (handle: Handle) => Promise<T>,
  ): Promise<T> {
    pretences.set(request.runId, pretence);
    return use(
      await env.client.workflow.start<typeof reproduce>('reproduce', {
        taskQueue: workflowQueue,
        workflowId: request.runId,
        args: [request],
      }),
    );
  }
  const run = (request: RunRequest, pretence: Pretence) =>
    onRun(request, pretence, (handle) => handle.result());
  const failureOf = (request: RunRequest, pretence: Pretence) =>
    onRun(request, pretence, async (handle) => {
      const error = await handle.result().then(
        () => assert.fail('expected the run to fail'),
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof WorkflowFailedError);
      return error.cause;
    });

  test('tells its story in order, with the baselines beside it', async () => {
    const pretence = pretend({
      trainSegment: async (request) => {
        if (segmentName(request) === 'nce-matched@90~0') await allOf('contrast', pretence);
        return pretend().activities.trainSegment(request);
      },
    });
    const outcome = await run(requestOf('story'), pretence);
    assert.deepEqual(outcome, { runId: 'story', results: { 'mse.ebmFce': 0.01 } });
    const at = (call: string) => pretence.calls.indexOf(call);
    const story = [
      'prepareDataset',
      'pretrain@0~0',
      'pretrain@90~0',
      'contrast@0~0',
      'contrast@90~0',
      'exportModels',
      'evaluateDensity',
      'writeReport',
    ];
    assert.deepEqual(
      story.map(at),
      story.map(at).toSorted((a, b) => a - b),
    );
    assert.ok(!story.map(at).includes(-1));
    assert.ok(at('flow-mle@0~0') < at('contrast@0~0'), 'baselines do not wait for the contrast');
    assert.ok(at('nce-matched@90~0') < at('exportModels'), 'the export waits for the baselines');
    assert.equal(pretence.segments.length, 5 * 10);
    assert.equal(pretence.calls.filter((call) => call === 'exportModels').length, 5);
  });

  /** Waits until a training's last segment was asked for, and its result had time to have effects. */
  async function allOf(training: string, { calls }: Pretence): Promise<void> {
    for (; !calls.includes(`${training}@90~0`); await wait(50)) Context.current().heartbeat();
    await wait(1000);
  }

  test('starts the contrast from the pretrained flow, and from random weights where nothing is pretrained', async () => {
    const pretrained = pretend();
    await run(requestOf('pretrained', withPretrain), pretrained);
    const firstOf = ({ segments }: Pretence) =>
      segments.find(({ spec, fromUpdate }) => spec.training === 'contrast' && fromUpdate === 0)!;
    assert.deepEqual(firstOf(pretrained).spec.initialFlow, ref('checkpoint pretrain@90~0'));
    const alone = pretend();
    await run(requestOf('alone', contrastAlone), alone);
    assert.equal(firstOf(alone).spec.initialFlow, null);
  });

  test('starts contrast and control from a given flow, and records it', async () => {
    const pretence = pretend();
    const likelihood = {
      method: 'mle',
      updates: 100,
      batchSize: 8,
      segments: 10,
      flow: { learningRate: 1e-3 },
    };
    const given = { file: '/elsewhere/flow.safetensors', artifact: ref('flow') };
    await run(
      requestOf('given-flow', { ...contrastAlone, baselines: { control: likelihood } }, given),
      pretence,
    );
    const checkpoint = ref('checkpoint of /elsewhere/flow.safetensors');
    const startOf = (training: string) =>
      pretence.segments.find(({ spec, fromUpdate }) => spec.training === training && fromUpdate === 0)!.spec
        .initialFlow;
    assert.deepEqual([startOf('contrast'), startOf('control')], [checkpoint, checkpoint]);
    assert.deepEqual(pretence.calls.slice(0, 2), ['prepareDataset', 'prepareInitialFlow']);
    const { initialFlow } = pretence.records.at(-1)!;
    assert.deepEqual([initialFlow?.checkpoint, initialFlow?.given], [checkpoint, given.artifact]);
  });

  test('records every stage, with the results at the end', async () => {
    const pretence = pretend();
    await run(requestOf('recorded', contrastAlone), pretence);
    assert.equal(pretence.records[0]!.status, 'running');
    const last = pretence.records.at(-1)!;
    assert.equal(last.status, 'completed');
    assert.deepEqual(Object.keys(last.stages), ['prepare', 'contrast', 'export', 'evaluate', 'report']);
    assert.ok(Object.values(last.stages).every(({ seconds }) => seconds !== null && seconds >= 0));
    assert.equal(last.trainings.contrast!.metrics.length, 10);
    assert.deepEqual(last.evaluation!.results, { 'mse.ebmFce': 0.01 });
  });

  test('answers the status query with stage, trainings and results', async () => {
    await onRun(requestOf('status', contrastAlone), pretend(), async (handle) => {
      await handle.result();
      const status = await handle.query(statusQuery);
      assert.equal(status.status, 'completed');
      assert.equal(status.stage, 'report');
      assert.deepEqual(status.trainings.contrast, {
        update: 100,
        updates: 100,
        last: { update: 100, value: -1.4 },
      });
      assert.deepEqual(status.results, { 'mse.ebmFce': 0.01 });
    });
  });

  test('rolls back to the last good checkpoint on divergence, with lower learning rates and other noise', async () => {
    const pretence = pretend({
      trainSegment: async (request) => {
        if (segmentName(request) === 'contrast@30~0') throw divergence(request);
        return pretend().activities.trainSegment(request);
      },
    });
    await run(requestOf('rollback', contrastAlone), pretence);
    assert.deepEqual(pretence.segments.map(segmentName).slice(3, 6), [
      'contrast@30~0',
      'contrast@30~1',
      'contrast@40~1',
    ]);
    const retried = pretence.segments[4]!;
    assert.deepEqual(retried.adjustment, { learningRateScale: 0.5, noiseStream: 1 });
    assert.deepEqual(retried.checkpoint, ref('checkpoint contrast@20~0'));
    const { decisions, trainings } = pretence.records.at(-1)!;
    assert.deepEqual(
      decisions.map(({ what, training, details }) => [what, training, details['toUpdate']]),
      [['rollback', 'contrast', 30]],
    );
    assert.equal(trainings.contrast!.metrics.length, 10);
  });

  test('goes back one checkpoint further each time a rollback does not help', async () => {
    const pretence = pretend({
      trainSegment: async (request) => {
        if (request.fromUpdate === 30 && request.adjustment.noiseStream < 3) throw divergence(request);
        return pretend().activities.trainSegment(request);
      },
    });
    await run(requestOf('further', contrastAlone), pretence);
    assert.deepEqual(pretence.segments.map(segmentName).slice(3, 10), [
      'contrast@30~0',
      'contrast@30~1',
      'contrast@20~2',
      'contrast@30~2',
      'contrast@10~3',
      'contrast@20~3',
      'contrast@30~3',
    ]);
    const accepted = pretence.records
      .at(-1)!
      .trainings.contrast!.segments.map(
        ({ fromUpdate, adjustment }) => `${fromUpdate}~${adjustment.noiseStream}`,
      );
    assert.deepEqual(accepted.slice(0, 5), ['0~0', '10~3', '20~3', '30~3', '40~3']);
  });

  test(
    'steps back to the checkpoint before where the last one is lost, computes the segment anew and '
      + 'says so',
    async () => {
      let found = 0;
      const pretence = pretend({
        trainSegment: async (request) => {
          if (request.fromUpdate === 30 && found++ === 0) throw lostCheckpoint(request);
          return {
            ...(await pretend().activities.trainSegment(request)),
            ...(found === 1 && request.fromUpdate === 20 && { lost: true, reason: 'the files are gone' }),
          };
        },
      });
      await run(requestOf('lost', contrastAlone), pretence);
      assert.deepEqual(pretence.segments.map(segmentName).slice(2, 6), [
        'contrast@20~0',
        'contrast@30~0',
        'contrast@20~0',
        'contrast@30~0',
      ]);
      assert.deepEqual(pretence.segments[4]!.checkpoint, ref('checkpoint contrast@10~0'));
      const { decisions, trainings } = pretence.records.at(-1)!;
      assert.deepEqual(
        decisions.map(({ what, details }) => [what, details['toUpdate'], details['segments']]),
        [
          ['repaired', 20, undefined],
          ['repaired', undefined, 1],
        ],
      );
      assert.match(decisions[1]!.sentence, /1 of 10 segments was computed anew: the files are gone\./);
      assert.deepEqual(
        trainings.contrast!.metrics,
        pretence.segments
          .filter((_, i) => i < 3 || i > 4)
          .map((segment) => ref(`metrics ${segmentName(segment)}`)),
      );
    },
  );

  test(
    'stops the contrast, and nothing else, where it is to go only so far, and goes on in another '
      + 'execution',
    async () => {
      const pretence = pretend();
      const request = { ...requestOf('until', withPretrain), until: 35 };
      await run(request, pretence);
      assert.deepEqual(pretence.segments.map(segmentName).slice(9), [
        'pretrain@90~0',
        'contrast@0~0',
        'contrast@10~0',
        'contrast@20~0',
        'contrast@30~0',
      ]);
      assert.ok(pretence.calls.includes('evaluateDensity'));
      await run({ ...request, until: 60 }, pretence);
      assert.equal(pretence.records.at(-1)!.trainings.contrast!.segments.at(-1)!.toUpdate, 60);
    },
  );

  test('fails where its last checkpoint is lost again and again', async () => {
    const pretence = pretend({
      trainSegment: async (request) => {
        if (request.fromUpdate === 30) throw lostCheckpoint(request);
        return pretend().activities.trainSegment(request);
      },
    });
    assert.equal(
      ((await failureOf(requestOf('lost-always', contrastAlone), pretence)) as ApplicationFailure).type,
      failures.storage,
    );
    assert.equal(pretence.segments.length, 3 + 2 * 10 + 1);
  });

  test('gives up after the configured number of rollbacks: the run fails and carries every decision', async () => {
    const pretence = pretend({
      trainSegment: async (request) => {
        throw divergence(request);
      },
    });
    const cause = await failureOf(
      requestOf('gave-up', withContrast({ recovery: { maxRollbacks: 2 } })),
      pretence,
    );
    assert.ok(cause instanceof ApplicationFailure);
    assert.equal(cause.type, failures.gaveUp);
    const { decisions } = cause.details![0] as { decisions: Decision[] };
    assert.deepEqual(
      decisions.map(({ what }) => what),
      ['rollback', 'rollback', 'gave-up'],
    );
    const record = pretence.records.at(-1)!;
    assert.equal(record.status, 'failed');
    assert.equal(record.failure!.type, failures.gaveUp);
    assert.deepEqual(record.decisions, decisions);
    assert.ok(record.stages.contrast!.seconds! > 0, 'a stage that failed has its time too');
  });

  test(
    'names the last checkpoint from before the first sign of what it gave up for, and goes on from '
      + 'there with other settings',
    async () => {
      const sign = (request: SegmentRequest): ApplicationFailure => {
        const failure = divergence(request);
        return ApplicationFailure.create({
          type: failures.divergence,
          nonRetryable: true,
          details: [{ ...(failure.details![0] as object), since: request.fromUpdate }],
        });
      };
      const rates = (flow: number): object =>
        withContrast({ recovery: { maxRollbacks: 1 }, flow: { learningRate: flow } });
      const failingOver = (rate: number): Pretence =>
        pretend({
          trainSegment: async (segment) => {
            if (
              segment.fromUpdate === 30
              && (segment.spec.config as { flow: { learningRate: number } }).flow.learningRate > rate
            )
              throw sign(segment);
            return pretend().activities.trainSegment(segment);
          },
        });
      const first = requestOf('amended', rates(1));
      const pretence = failingOver(0.5);
      await failureOf(first, pretence);
      assert.deepEqual(pretence.segments.map(segmentName), [
        'contrast@0~0',
        'contrast@10~0',
        'contrast@20~0',
        'contrast@30~0',
        'contrast@20~1',
        'contrast@30~1',
      ]);
      const { gaveUp, decisions } = pretence.records.at(-1)!;
      assert.deepEqual(
        gaveUp!.map(({ training, update, checkpoint, adjustments }) => [
          training,
          update,
          checkpoint,
          adjustments!.map(({ noiseStream }) => noiseStream),
        ]),
        [['contrast', 20, ref('checkpoint contrast@10~0'), [0, 0]]],
      );
      assert.match(decisions.at(-1)!.sentence, /Its last good checkpoint is of update 20\./);

      const { adjustments } = gaveUp![0]!;
      const second: RunRequest = {
        ...requestOf('amended', rates(0.1)),
        amended: [
          {
            training: 'contrast',
            changes: ['contrast.flow.learningRate=0.1'],
            before: first.config.contrast,
            update: 20,
            adjustments: adjustments!,
            decisions,
          },
        ],
      };
      const again = failingOver(0.5);
      await run(second, again);
      assert.deepEqual(
        again.segments
          .slice(0, 5)
          .map((segment) => [
            segmentName(segment),
            (segment.spec.config as typeof first.config.contrast).flow.learningRate,
          ]),
        [
          ['contrast@0~0', 1],
          ['contrast@10~0', 1],
          ['contrast@20~2', 0.1],
          ['contrast@30~2', 0.1],
          ['contrast@40~2', 0.1],
        ],
      );
      assert.deepEqual(again.segments[2]!.adjustment, { learningRateScale: 1, noiseStream: 2 });
      assert.deepEqual(
        again.segments.slice(0, 2).map(({ spec, adjustment }) => ({ spec, adjustment })),
        pretence.segments.slice(0, 2).map(({ spec, adjustment }) => ({ spec, adjustment })),
      );
      const told = again.records.at(-1)!;
      assert.deepEqual(
        told.decisions.map(({ what }) => what),
        ['rollback', 'gave-up', 'resumed'],
      );
      assert.equal(
        told.decisions.at(-1)!.sentence,
        'contrast goes on from update 20 with contrast.flow.learningRate=0.1.',
      );
      assert.equal(told.gaveUp, undefined);

      const third: RunRequest = {
        ...requestOf('amended', rates(0.01)),
        amended: [
          ...second.amended!,
          {
            ...second.amended![0]!,
            before: second.config.contrast,
            adjustments: [...adjustments!, { learningRateScale: 1, noiseStream: 2, settings: 1 }],
            update: 30,
          },
        ],
      };
      const last = failingOver(0.05);
      await run(third, last);
      assert.deepEqual(
        last.segments
          .slice(0, 5)
          .map((segment) => (segment.spec.config as typeof first.config.contrast).flow.learningRate),
        [1, 1, 0.1, 0.01, 0.01],
      );
    },
  );

  test('goes on without a baseline that gives up, and says so', async () => {
    const pretence = pretend({
      trainSegment: async (request) => {
        if (request.spec.training === 'nce-standard') throw divergence(request);
        return pretend().activities.trainSegment(request);
      },
    });
    await run(requestOf('weak-baseline', withOneBaseline), pretence);
    const { status, decisions, trainings } = pretence.records.at(-1)!;
    assert.equal(status, 'completed');
    assert.equal(trainings['nce-standard'], undefined);
    assert.equal(decisions.at(-1)!.what, 'gave-up');
  });

  /** A run on images, and what its evaluation was asked. */
  async function imagesRun(
    request: RunRequest,
    changes: Partial<Activities> = {},
  ): Promise<Pretence & { asked: ImagesRequest }> {
    let asked: ImagesRequest | undefined;
    const { activities } = pretend();
    const pretence = pretend({
      trainSegment: async (segment) => ({
        ...(await activities.trainSegment(segment)),
        last: { 'accuracy.heldOut': 0.9876 },
      }),
      exportModels: async (exported) => {
        const files = {
          vae: { sampler: ref('vae sampler') },
          dcgan: { sampler: ref('dcgan sampler') },
          features: { features: ref('network') },
        };
        const { key, reused, reason, seconds } = await activities.exportModels(exported);
        return {
          key,
          reused,
          reason,
          seconds,
          name: exported.training,
          stamped: {},
          ...files[exported.training as keyof typeof files],
        };
      },
      evaluateImages: async (images) => {
        asked = images;
        return activities.evaluateImages(images);
      },
      ...changes,
    });
    await run(request, pretence);
    return { ...pretence, asked: asked! };
  }

  test(
    'trains VAE, DCGAN and a feature network beside the main line, and evaluates samples in that '
      + 'network',
    async () => {
      const { calls, segments, records, asked } = await imagesRun(requestOf('images', ofImages()));
      const firstOf = (name: string) => segments.find(({ spec }) => spec.training === name)!.spec;
      assert.deepEqual(Object.keys(records.at(-1)!.trainings).sort(), [
        'contrast',
        'dcgan',
        'features',
        'vae',
      ]);
      assert.ok(
        calls.indexOf('features@0~0') < calls.indexOf('contrast@90~0'),
        'the network waits for the contrast',
      );
      assert.deepEqual(asked.samplers, { vae: ref('vae sampler'), dcgan: ref('dcgan sampler') });
      assert.deepEqual(
        [asked.features!.network, asked.features!.label],
        [
          ref('network'),
          'cifar10 classifier, 98.8 % of 5 held-out images right (sha256 '
            + `${ref('network').sha256.slice(0, 12)})`,
        ],
      );
      assert.deepEqual(asked.features!.against, {
        train: ref(`${ref('train').sha256} in ${ref('network').sha256}`),
        test: ref(`${ref('test').sha256} in ${ref('network').sha256}`),
      });
      assert.ok(firstOf('contrast').models !== null, 'the contrast needs flow and EBM');
      for (const name of ['vae', 'dcgan', 'features'])
        assert.equal(firstOf(name).models, null, `${name} would depend on flow and EBM`);
    },
  );

  test('goes on with maximum likelihood from the pretrained flow as a control, when the contrast is done', async () => {
    const likelihood = {
      method: 'mle',
      updates: 100,
      batchSize: 8,
      segments: 10,
      flow: { learningRate: 1e-3 },
    };
    const { calls, segments, records, asked } = await imagesRun(
      requestOf(
        'control',
        ofImages({ ...withPretrain, pretrain: likelihood, baselines: { control: likelihood } }),
      ),
      { exportModels: pretend().activities.exportModels },
    );
    const control = segments.find(({ spec }) => spec.training === 'control')!.spec;
    assert.equal(
      control.initialFlow?.sha256,
      records.at(-1)!.trainings.pretrain!.checkpoint.sha256,
      'it starts where the contrast starts',
    );
    assert.ok(
      calls.indexOf('control@0~0') > calls.indexOf('contrast@90~0'),
      'it would take cores from the contrast',
    );
    assert.deepEqual(
      [asked.models.flowControl, asked.samplers.flowControl],
      [ref('control flow'), ref('control sample')],
    );
  });

  test('evaluates a flow that was given beside what the contrast made of it', async () => {
    const given = { file: '/elsewhere/flow.safetensors', artifact: ref('flow') };
    const { asked } = await imagesRun(requestOf('given-images', ofImages(), given), {
      exportModels: pretend().activities.exportModels,
    });
    assert.deepEqual(
      [asked.models.flowInitial, asked.samplers.flowInitial],
      [ref('initial-flow flow'), ref('initial-flow sample')],
    );
    assert.equal(asked.models.flowMle, undefined, 'nobody knows how it was trained');
  });

  test('gives a run of another seed the same feature network, and other baselines', async () => {
    const specs = async (runId: string, seed: number) => {
      const { segments } = await imagesRun(requestOf(runId, ofImages({ seed })));
      return (name: string) => segments.find(({ spec }) => spec.training === name);
    };
    const [one, two] = [await specs('seed-one', 1), await specs('seed-two', 2)];
    assert.deepEqual(one('features'), two('features'));
    assert.equal(one('features')!.spec.seed, 7);
    assert.notDeepEqual(one('vae'), two('vae'));
  });

  test('trains no network where one is given, and shows distances in that one', async () => {
    const { calls, segments, asked } = await imagesRun({
      ...requestOf('given', ofImages()),
      features: '/some/where/inception.onnx',
    });
    assert.ok(!segments.some(({ spec }) => spec.training === 'features'), 'a network was trained');
    assert.deepEqual(asked.features!.network, ref('/some/where/inception.onnx'));
    assert.ok(
      calls.indexOf('prepareFeatures') < calls.findIndex((call) => call.includes('@')),
      'the network is checked after a training',
    );
  });

  test('goes on without distances where its feature network gives up', async () => {
    const { records, asked } = await imagesRun(requestOf('no-network', ofImages()), {
      trainSegment: async (segment) => {
        if (segment.spec.training === 'features') throw divergence(segment);
        return pretend().activities.trainSegment(segment);
      },
    });
    assert.equal(asked.features, null);
    assert.ok(
      records.at(-1)!.decisions.some(({ what, training }) => what === 'gave-up' && training === 'features'),
      'nobody says so',
    );
  });

  test('tries again after a crash of the compute process, and not after bad input', async () => {
    let tries = 0;
    const crashing = pretend({
      trainSegment: async (request) => {
        if (request.fromUpdate === 10 && tries++ === 0)
          throw ApplicationFailure.retryable('The compute process died.', failures.computeCrashed);
        return pretend().activities.trainSegment(request);
      },
    });
    await run(requestOf('crash', contrastAlone), crashing);
    assert.equal(crashing.calls.filter((call) => call === 'contrast@10~0').length, 2);
    assert.equal(crashing.records.at(-1)!.decisions.length, 0, 'a crash is not a divergence');

    const bad = pretend({
      prepareDataset: async () => {
        throw ApplicationFailure.retryable('No such folder.', failures.missingData);
      },
    });
    const cause = await failureOf(requestOf('missing', contrastAlone), bad);
    assert.equal((cause as ApplicationFailure).type, failures.missingData);
    assert.equal(bad.calls.length, 1);
    assert.deepEqual(bad.records.at(-1)!.failure, { type: failures.missingData, message: 'No such folder.' });
  });

  test('makes what is to be known of the data a decision, as soon as they are prepared', async () => {
    const notes = [
      { what: 'left-out', sentence: 'Left out of the folder leaves: 2 images.', details: { unreadable: 2 } },
    ] as const;
    const noted = pretend({
      prepareDataset: async (request) => ({ ...(await pretend().activities.prepareDataset(request)), notes }),
    });
    await run(requestOf('noted', contrastAlone), noted);
    const withData = noted.records.filter(({ dataset }) => dataset !== null);
    assert.ok(withData.length > 1);
    for (const { decisions } of withData)
      assert.deepEqual(
        decisions.map(({ what, sentence, details }) => ({ what, sentence, details })),
        notes,
      );
  });

  test('ends as cancelled once its activities have stopped', async () => {
    let stopped = false;
    let started: () => void;
    const running = new Promise<void>((resolve) => {
      started = resolve;
    });
    const pretence = pretend({
      trainSegment: async () => {
        started();
        const beat = setInterval(() => Context.current().heartbeat(), 100);
        return Context.current().cancelled.finally(() => {
          clearInterval(beat);
          stopped = true;
        });
      },
    });
    const error = await onRun(requestOf('cancelled'), pretence, async (handle) => {
      await running;
      await handle.cancel();
      return handle.result().then(
        () => null,
        (reason: unknown) => reason,
      );
    });
    assert.ok(error instanceof WorkflowFailedError && error.cause instanceof CancelledFailure);
    assert.ok(stopped);
    assert.equal(pretence.records.at(-1)!.status, 'cancelled');
  });

  test('has trainings that a continued execution takes up where the one before left off', async () => {
    const pretence = pretend();
    const {
      config: { contrast, models },
      runId,
    } = requestOf('continued');
    const spec: TrainingSpec = {
      training: 'contrast',
      config: contrast,
      models,
      seed: 1,
      threads: 1,
      dataset: { train: ref('a'), test: ref('b'), shape: [2] },
      initialFlow: null,
    };
    pretences.set(runId, pretence);
    const start = (state?: TrainingState) =>
      env.client.workflow.execute<typeof train>('train', {
        taskQueue: workflowQueue,
        workflowId: runId,
        args: [{ spec, salt: null, ...(state && { state }) }],
      });
    const whole = await start();
    pretence.calls.length = 0;
    const half = { ...atStart, segments: whole.segments.slice(0, 8), metrics: whole.metrics.slice(0, 8) };
    assert.deepEqual(await start(half), whole);
    assert.deepEqual(pretence.calls, ['contrast@80~0', 'contrast@90~0']);
  });

  /** Trainings whose distances and V are made up. */
  const measured = (
    distances: Record<number, number>,
    values: Record<number, number> = {},
    broken: (request: SegmentRequest) => boolean = () => false,
  ): Pretence =>
    pretend({
      trainSegment: async (request) => {
        if (broken(request)) throw divergence(request);
        return {
          ...(await pretend().activities.trainSegment(request)),
          figures: figuresOf(request, distances, values),
        };
      },
    });
  const falling = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [i * 10, 1 - i / 20]));

  test(
    'ends the contrast after as many segments without a smaller distance as it has patience, with the '
      + 'best checkpoint as its result',
    async () => {
      const pretence = measured({ ...falling, 40: 0.9, 50: 0.9, 60: 0.9 });
      await run(requestOf('patience', withStopping({ patience: 3 })), pretence);
      assert.deepEqual(pretence.segments.map(segmentName), [
        'contrast@0~0',
        'contrast@10~0',
        'contrast@20~0',
        'contrast@30~0',
        'contrast@40~0',
        'contrast@50~0',
      ]);
      const { trainings, decisions, status } = pretence.records.at(-1)!;
      assert.equal(status, 'completed');
      const contrast = trainings.contrast!;
      assert.deepEqual(contrast.checkpoint, ref('checkpoint contrast@20~0'));
      assert.deepEqual(
        contrast.metrics,
        ['0', '10', '20'].map((from) => ref(`metrics contrast@${from}~0`)),
      );
      assert.deepEqual(contrast.last, { update: 30, value: -1.4 });
      assert.equal(contrast.segments.length, 3);
      assert.equal(contrast.seconds, 6 * 0.25, 'the time of all segments');
      assert.deepEqual(
        decisions.map(({ what, training, details }) => [
          what,
          training,
          details['reason'],
          details['bestUpdate'],
          details['update'],
        ]),
        [['stopped-early', 'contrast', 'patience', 30, 60]],
      );
    },
  );

  test('lets the contrast go on while the distance falls, and says nothing then', async () => {
    const pretence = measured(falling);
    await run(requestOf('improving', withStopping({ patience: 1 })), pretence);
    assert.equal(pretence.segments.length, 10);
    const { trainings, decisions } = pretence.records.at(-1)!;
    assert.deepEqual([trainings.contrast!.checkpoint, decisions], [ref('checkpoint contrast@90~0'), []]);
  });

  test('ends the contrast where V leaves its range, and takes the flow that entered where none came closer', async () => {
    const pretence = measured({ ...falling, 10: 1.1, 20: 0.2 }, { 20: -0.01 });
    await run(requestOf('range', withStopping({ valueRange: [-3, -0.1] })), pretence);
    assert.equal(pretence.segments.length, 2);
    const { trainings, decisions, status } = pretence.records.at(-1)!;
    assert.equal(status, 'completed');
    const { checkpoint, weights, metrics, segments, last } = trainings.contrast!;
    assert.deepEqual(
      { checkpoint, weights, metrics, segments, last },
      {
        checkpoint: ref('start'),
        weights: { raw: 'raw at 0', averaged: 'averaged at 0' },
        metrics: [],
        segments: [],
        last: { update: 0 },
      },
    );
    assert.deepEqual(
      decisions.map(({ what, details }) => [what, details['reason'], details['bestUpdate']]),
      [['stopped-early', 'range', 0]],
    );
  });

  test(
    'rolls back a contrast that may stop early as any other, and counts its patience without what was '
      + 'rolled back',
    async () => {
      const pretence = measured(
        { ...falling, 40: 0.9, 50: 0.9, 60: 0.9 },
        {},
        (request) => segmentName(request) === 'contrast@50~0',
      );
      await run(requestOf('stopped-after-rollback', withStopping({ patience: 3 })), pretence);
      assert.deepEqual(pretence.segments.map(segmentName).slice(4), [
        'contrast@40~0',
        'contrast@50~0',
        'contrast@50~1',
      ]);
      const { trainings, decisions } = pretence.records.at(-1)!;
      assert.deepEqual(
        decisions.map(({ what }) => what),
        ['rollback', 'stopped-early'],
      );
      assert.deepEqual(trainings.contrast!.checkpoint, ref('checkpoint contrast@20~0'));
    },
  );

  test('has its patience carried on to a continued execution', async () => {
    const pretence = measured({ ...falling, 40: 0.9, 50: 0.9, 60: 0.9 });
    const {
      config: { contrast, models },
      runId,
    } = requestOf('continued-stopping', withStopping({ patience: 3 }));
    const spec: TrainingSpec = {
      training: 'contrast',
      config: contrast,
      models,
      seed: 1,
      threads: 1,
      dataset: { train: ref('a'), test: ref('b'), shape: [8, 8, 1] },
      initialFlow: null,
    };
    pretences.set(runId, pretence);
    const start = (state?: TrainingState) =>
      env.client.workflow.execute<typeof train>('train', {
        taskQueue: workflowQueue,
        workflowId: runId,
        args: [{ spec, salt: null, ...(state && { state }) }],
      });
    const timeless = ({ decisions, seconds: _, ...rest }: Awaited<ReturnType<typeof start>>) => ({
      ...rest,
      decisions: decisions.map(({ at: _at, ...decision }) => decision),
    });
    const whole = await start();
    pretence.calls.length = 0;
    const summaries = [0, 10, 20, 30, 40].map((fromUpdate) =>
      stateAfter(fromUpdate, { ...falling, 40: 0.9, 50: 0.9 }),
    );
    const half = {
      ...atStart,
      segments: summaries,
      metrics: summaries.map(({ fromUpdate }) => ref(`metrics contrast@${fromUpdate}~0`)),
    };
    assert.deepEqual(timeless(await start(half)), timeless(whole));
    assert.deepEqual(pretence.calls, ['contrast@50~0']);
  });

  function stateAfter(fromUpdate: number, distances: Record<number, number>): SegmentSummary {
    const toUpdate = fromUpdate + 10;
    const standing = {
      ...figuresOf({ fromUpdate, toUpdate }, distances),
      weights: { raw: 'raw', averaged: 'averaged' },
      last: { update: toUpdate, value: -1.4 },
    };
    return {
      fromUpdate,
      toUpdate,
      adjustment: atStart.adjustment,
      checkpoint: ref(`checkpoint contrast@${fromUpdate}~0`),
      key: 'key',
      reused: false,
      reason: 'first time',
      seconds: 0.25,
      updateSeconds: 1,
      standing,
    };
  }

  test('replays its own history', async () => {
    const pretence = pretend({
      trainSegment: async (request) => {
        if (segmentName(request) === 'contrast@30~0') throw divergence(request);
        return pretend().activities.trainSegment(request);
      },
    });
    await onRun(requestOf('replayed', withOneBaseline), pretence, (handle) => handle.result());
    for (const id of ['replayed', 'replayed/contrast']) {
      const history = await env.client.workflow.getHandle(id).fetchHistory();
      await Worker.runReplayHistory({ workflowBundle }, history, id);
    }
  });
});
