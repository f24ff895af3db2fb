/** How long the control trains, on a real server, with pretend activities. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import type { Activities } from '../../../activities/contracts/activities.ts';
import type { Decision } from '../../../activities/contracts/decision.ts';
import type { RunRequest } from '../../../activities/contracts/run.ts';
import type { TrainingResult, TrainingSpec } from '../../../activities/contracts/training.ts';
import { goingOn } from '../../../activities/record/kept-file.ts';
import { withCommandsBefore } from '../../../infra/client/runs/commands-before.ts';
import type { StoredRecord } from '../../../infra/client/records/run-records.ts';
import { chosenBefore, madeBy, updatesFor } from '../../../workflows/training/control.ts';
import type { reproduce } from '../../../workflows/run/reproduce.ts';
import { workflowQueue } from '../../../workflows/shared/queues.ts';
import { openPretendServer, type PretendServer } from '../../support/pretend-workers.ts';
import { noTemporal } from '../../support/temporal.ts';
import {
  divergence,
  figuresOf,
  ofImages,
  pretend,
  ref,
  requestOf,
  sharedBy,
  withStopping,
  type Pretence,
} from '../fake-run.ts';

test(
  'first and further updates together take the time of the contrast, to the nearest, and one is made '
    + 'at least',
  () => {
    assert.equal(updatesFor(30, { updates: 40, updateSeconds: 2, firstSeconds: 0.5 }), 590);
    assert.equal(updatesFor(30.02, { updates: 40, updateSeconds: 2, firstSeconds: 0.5 }), 590);
    assert.equal(updatesFor(30.03, { updates: 40, updateSeconds: 2, firstSeconds: 0.5 }), 591);
    for (const seconds of [0, 0.4, 0.5])
      assert.equal(updatesFor(seconds, { updates: 40, updateSeconds: 2, firstSeconds: 0.5 }), 1);
  },
);

describe('the control', { skip: noTemporal, concurrency: true }, () => {
  let env: TestWorkflowEnvironment;
  let workflowBundle: WorkflowBundleWithSourceMap;
  let server: PretendServer | undefined;
  const pretences = new Map<string, Pretence>();
  before(async () => {
    server = await openPretendServer({ activities: sharedBy(pretences) });
    ({ env, workflowBundle } = server);
  });
  after(() => server?.close());

  const likelihood = {
    method: 'mle',
    updates: 100,
    batchSize: 8,
    segments: 10,
    flow: { learningRate: 1e-3 },
  };
  const { updates: _, ...timed } = likelihood;
  const askedFor = (runId: string, changes: object = {}): RunRequest =>
    requestOf(
      runId,
      ofImages({ pretrain: likelihood, baselines: { control: timed }, featureNetwork: null, ...changes }),
    );
  /** Each segment of the contrast takes so many seconds. */
  const taking = (updateSeconds: number, changes: Partial<Activities> = {}): Pretence =>
    pretend({
      trainSegment: async (request) => ({
        ...(await pretend().activities.trainSegment(request)),
        updateSeconds,
      }),
      ...changes,
    });

  async function told(
    request: RunRequest,
    pretence: Pretence,
  ): Promise<{ control: TrainingSpec | undefined; chosen: Decision | undefined } & Pretence> {
    pretences.set(request.runId, pretence);
    await env.client.workflow.execute<typeof reproduce>('reproduce', {
      taskQueue: workflowQueue,
      workflowId: request.runId,
      args: [request],
    });
    const control = pretence.segments.find(({ spec }) => spec.training === 'control')?.spec;
    return {
      ...pretence,
      control,
      chosen: pretence.records.at(-1)!.decisions.find(({ what }) => what === 'chosen'),
    };
  }

  test('makes as many updates as take the time of the contrast, and the record says why', async () => {
    const { calls, control, chosen, records } = await told(askedFor('timed'), taking(3));
    assert.equal(control!.config.updates, 590);
    assert.equal(records.at(-1)!.trainings.control!.segments.at(-1)!.toUpdate, 590);
    assert.deepEqual(
      [
        calls.indexOf('measureUpdates') > calls.indexOf('contrast@90~0'),
        calls.indexOf('measureUpdates') < calls.indexOf('control@0~0'),
      ],
      [true, true],
    );
    assert.equal(
      chosen!.sentence,
      "control makes 590 updates, which take the 30 s of the contrast's 100: 40 of them took 50 ms each.",
    );
    assert.equal(records.at(-1)!.measured!.updates, 40);
  });

  test(
    'has its number in the record before it begins, so that a run which is killed meanwhile goes on '
      + 'with it',
    async () => {
      const known: (Decision | undefined)[] = [];
      const pretence = taking(3, {
        trainSegment: async (segment) => {
          if (segment.spec.training === 'control')
            known.push(pretence.records.at(-1)!.decisions.find(({ what }) => what === 'chosen'));
          return { ...(await pretend().activities.trainSegment(segment)), updateSeconds: 3 };
        },
      });
      const { chosen, records } = await told(askedFor('killed'), pretence);
      assert.deepEqual(
        known,
        Array.from({ length: 10 }, () => chosen),
      );
      assert.ok(
        records.some(({ measured, trainings }) => measured && trainings.control === undefined),
        'what was measured is a step only later',
      );
    },
  );

  test('makes those that were set, and nothing is measured', async () => {
    const { calls, control, chosen } = await told(
      askedFor('set', { baselines: { control: likelihood } }),
      taking(3),
    );
    assert.deepEqual(
      [control!.config.updates, calls.includes('measureUpdates'), chosen],
      [100, false, undefined],
    );
  });

  test('has as many again when its run is resumed, however fast the machine is by then', async () => {
    const first = await told(askedFor('resumed'), taking(3));
    const record = { id: 'resumed', decisions: first.records.at(-1)!.decisions } as StoredRecord;
    const on = withCommandsBefore(record, {});
    assert.deepEqual(on.chosen, first.chosen);
    assert.deepEqual(
      goingOn(record, '2026-01-02T05:00:00.000Z', {}).chosen,
      first.chosen,
      'a schedule and a sweep go on with it too',
    );
    const slow: Partial<Activities> = {
      measureUpdates: async () => {
        throw new Error('It was measured again.');
      },
    };
    const again = await told(
      { ...askedFor('resumed-again'), ...on, resumedAt: '2026-01-02T05:00:00.000Z' },
      taking(7, slow),
    );
    assert.equal(again.control!.config.updates, 590);
    assert.deepEqual(again.chosen, first.chosen);
  });

  test('is chosen anew where the contrast goes further', async () => {
    const first = await told({ ...askedFor('so-far'), until: 50 }, taking(3));
    assert.equal(first.control!.config.updates, (15 - 0.5) * 20);
    const further = await told({ ...askedFor('further'), chosen: first.chosen! }, taking(3));
    assert.equal(further.control!.config.updates, 590);
  });

  test("says which of the contrast's seconds are of another time", async () => {
    const pretence = taking(3, {
      trainSegment: async (request) => ({
        ...(await pretend().activities.trainSegment(request)),
        updateSeconds: 3,
        reused: request.spec.training === 'contrast' && request.fromUpdate < 40,
      }),
    });
    const { chosen } = await told(askedFor('found'), pretence);
    assert.match(
      chosen!.sentence,
      / 4 of the contrast's 10 segments were found, and count with the seconds they took when they were computed\.$/,
    );
    assert.equal(chosen!.details['contrastFound'], 4);
  });

  test(
    'is said to be in doubt where the contrast made few updates, or took no longer than the first of '
      + 'the control',
    async () => {
      const few = await told({ ...askedFor('few'), until: 40 }, taking(3));
      assert.match(
        few.chosen!.sentence,
        / A contrast of fewer than 50 updates says little of its speed: the number may be far off, and --set baselines\.control\.updates=N sets one\.$/,
      );
      assert.equal(few.control!.config.updates, (12 - 0.5) * 20);
      const enough = await told({ ...askedFor('enough'), until: 50 }, taking(3));
      assert.doesNotMatch(enough.chosen!.sentence, /few|first/);
      const short = await told(askedFor('short'), taking(0.05));
      assert.match(
        short.chosen!.sentence,
        / The contrast took no longer than the first update of the control, 0\.5 s: it makes one, and their times do not compare\.$/,
      );
      assert.equal(short.control!.config.updates, 1);
    },
  );

  test('has the time of all that a contrast made which ended early', async () => {
    const distances = {
      ...Object.fromEntries(Array.from({ length: 11 }, (_one, i) => [i * 10, 1 - i / 20])),
      40: 0.9,
      50: 0.9,
      60: 0.9,
    };
    const request = requestOf('early', {
      ...withStopping({ patience: 3 }),
      pretrain: likelihood,
      baselines: { control: timed },
    });
    const pretence = taking(3, {
      trainSegment: async (segment) => ({
        ...(await pretend().activities.trainSegment(segment)),
        updateSeconds: 3,
        ...(segment.spec.training === 'contrast' && { figures: figuresOf(segment, distances) }),
      }),
    });
    const { control, records, chosen } = await told(request, pretence);
    assert.deepEqual(
      [
        madeBy(records.at(-1)!.trainings.contrast!),
        chosen!.details['contrastUpdates'],
        control!.config.updates,
      ],
      [60, 60, (18 - 0.5) * 20],
    );
  });

  test('that gives up ends no run', async () => {
    const pretence = taking(3, {
      trainSegment: async (segment) => {
        if (segment.spec.training === 'control') throw divergence(segment);
        return pretend().activities.trainSegment(segment);
      },
    });
    const { records } = await told(askedFor('lost'), pretence);
    const { status, decisions } = records.at(-1)!;
    assert.deepEqual(
      [status, decisions.some(({ what, training }) => what === 'gave-up' && training === 'control')],
      ['completed', true],
    );
  });

  test('replays its own history', async () => {
    await told(askedFor('replayed-control'), taking(3));
    const history = await env.client.workflow.getHandle('replayed-control').fetchHistory();
    await Worker.runReplayHistory({ workflowBundle }, history, 'replayed-control');
  });
});

test('a number of updates that is none is not gone on with', () => {
  const chosen = {
    at: '2026-01-02T03:04:05.000Z',
    what: 'chosen',
    training: 'control',
    sentence: 'control makes -1 updates.',
    details: { updates: -1, contrast: 'ab', contrastUpdates: 5 },
  };
  assert.throws(
    () => withCommandsBefore({ id: 'a-run', decisions: [chosen] } as unknown as StoredRecord, {}),
    /control of a-run in its run\.json to be a number of updates, got .*take it out to have it chosen again\./,
  );
});

test('is chosen anew where what a schedule or a sweep finds in the record is no number of updates', () => {
  const contrast = {
    checkpoint: ref('contrast'),
    decisions: [],
    segments: [{ toUpdate: 100 }],
  } as unknown as TrainingResult;
  const chosen: Decision = {
    at: '2026-01-02T03:04:05.000Z',
    what: 'chosen',
    training: 'control',
    sentence: 'control makes 590 updates.',
    details: { updates: 590, contrast: ref('contrast').sha256, contrastUpdates: 100 },
  };
  assert.equal(chosenBefore(chosen, contrast), chosen);
  const numbers: readonly unknown[] = [-1, 0, 2.5, 2 ** 60, '590', null];
  const damaged: unknown[] = [
    ...numbers.map((updates) => ({ ...chosen, details: { ...chosen.details, updates } })),
    { ...chosen, details: undefined },
    null,
    'chosen',
  ];
  for (const one of damaged) assert.equal(chosenBefore(one as Decision, contrast), null, JSON.stringify(one));
});
