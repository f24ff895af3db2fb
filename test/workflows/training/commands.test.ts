/** Messages to a running training, on a real server with pretend activities. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError, WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker, type WorkflowBundle } from '@temporalio/worker';
import type { Salted } from '../../../activities/contracts/artifact.ts';
import type { TrainingCommand } from '../../../activities/contracts/command.ts';
import type { Decision } from '../../../activities/contracts/decision.ts';
import type { TrainingName } from '../../../activities/contracts/names.ts';
import type { RunRequest } from '../../../activities/contracts/run.ts';
import type { SegmentRequest } from '../../../activities/contracts/training.ts';
import { overrideRequest } from '../../../infra/client/runs/override-request.ts';
import { workflowQueue } from '../../../workflows/shared/queues.ts';
import { statusQuery } from '../../../workflows/shared/status.ts';
import { commandDecision } from '../../../workflows/shared/command-decision.ts';
import { openPretendServer, type PretendServer } from '../../support/pretend-workers.ts';
import { noTemporal } from '../../support/temporal.ts';
import {
  contrastAlone,
  divergence,
  figuresOf,
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
import { tellStory } from '../stories.ts';
import { gate, heard, tellPretending as tell, toldStory, untilAsked } from '../told-story.ts';

describe(
  'a run that is told something for one of its trainings',
  { skip: noTemporal, concurrency: true, timeout: 300_000 },
  () => {
    let env: TestWorkflowEnvironment;
    let workflowBundle: WorkflowBundle;
    let server: PretendServer | undefined;
    const pretences = new Map<string, Pretence>();
    before(async () => {
      server = await openPretendServer({ activities: sharedBy(pretences), shutdownForceTime: '5 s' });
      ({ env, workflowBundle } = server);
    });
    after(() => server?.close());

    async function started(request: RunRequest, pretence: Pretence): Promise<WorkflowHandle> {
      pretences.set(request.runId, pretence);
      return env.client.workflow.start('reproduce', {
        taskQueue: workflowQueue,
        workflowId: request.runId,
        args: [request],
      });
    }

    /** A run that waits for `open` in the segment that begins at `from`. */
    async function heldAt(
      runId: string,
      from: number,
      changes: object = contrastAlone,
      training = 'contrast',
    ) {
      const { opened, open } = gate();
      const pretence = pretend({
        trainSegment: async (request) => {
          if (request.spec.training === training && request.fromUpdate === from) await opened();
          return pretend().activities.trainSegment(request);
        },
      });
      const handle = await started(requestOf(runId, changes), pretence);
      await untilAsked(pretence, `${training}@${from}~0`);
      return { handle, pretence, open };
    }
    const refusalOf = (answer: Promise<unknown>): Promise<string> =>
      answer.then(
        () => 'taken',
        (error: unknown) => {
          assert.ok(error instanceof WorkflowUpdateFailedError, String(error));
          return error.cause!.message;
        },
      );
    const adjustments = ({ segments }: Pretence): unknown[] =>
      segments.map(({ fromUpdate, adjustment: { learningRates, updates } }) => [
        fromUpdate,
        learningRates?.['flow'],
        updates,
      ]);
    const timeless = (decisions: readonly Decision[]): unknown[] =>
      decisions.map(({ at: _, ...decision }) => decision);

    test('holds at the border, keeps no process, and goes on with what it was told meanwhile', async () => {
      const story = toldStory();
      const released: unknown[] = [];
      const pretence = {
        ...story.pretence,
        activities: {
          ...story.pretence.activities,
          releaseCompute: async (spec: unknown) => void released.push(spec),
        },
      };
      pretences.set('told', pretence);
      await tellStory(env.client, story);
      const { segments, records, calls } = story.pretence;
      assert.deepEqual(segments.map(segmentName).slice(2, 7), [
        'contrast@20~0',
        'contrast@30~0',
        'contrast@40~0',
        'contrast@50~0',
        'contrast@50~1',
      ]);
      assert.deepEqual(adjustments(story.pretence).slice(2, 4), [
        [20, undefined, undefined],
        [30, 1e-4, 120],
      ]);
      assert.deepEqual(segments.at(-1)!.adjustment, {
        learningRateScale: 0.5,
        noiseStream: 1,
        learningRates: { flow: 1e-4 },
        updates: 120,
      });
      assert.equal(segments.at(-1)!.toUpdate, 120);
      assert.deepEqual(released, [segments[0]!.spec]);
      const { decisions, status } = records.at(-1)!;
      assert.equal(status, 'completed');
      assert.deepEqual(
        decisions.map(({ details: { message, update } }) => [message, update]),
        [
          ['pause', 30],
          ['learning-rate', 30],
          ['samples', 30],
          ['extend', 30],
          ['resume', 30],
          [undefined, 53],
        ],
      );
      assert.ok(
        calls.indexOf('drawSamples') < calls.indexOf('contrast@30~0'),
        'samples wait for the training',
      );
      assert.equal(
        decisions[2]!.details['sha256'],
        ref(`samples of ${ref('contrast sample').sha256}`).sha256,
      );
    });

    test('answers when what it was told is in the record, and says so in its status', async () => {
      const { handle, pretence, open } = await heldAt('recorded', 20);
      const { answer } = await heard(handle, { kind: 'pause' }, 1);
      assert.equal(
        (await handle.query(statusQuery)).trainings.contrast!.paused,
        undefined,
        'paused in the middle of a segment',
      );
      open();
      assert.deepEqual(await answer, {
        took: true,
        sentence: 'contrast was told to pause, and holds at update 30.',
      });
      assert.equal(pretence.records.at(-1)!.decisions.at(-1)!.details['message'], 'pause');
      const { update, paused } = (await handle.query(statusQuery)).trainings.contrast!;
      assert.deepEqual({ update, paused }, { update: 30, paused: true });
      await handle.cancel();
      const error = await handle.result().then(
        () => null,
        (reason: unknown) => reason,
      );
      assert.ok(
        error instanceof WorkflowFailedError && error.cause instanceof CancelledFailure,
        'a training that holds is not cancelled',
      );
      assert.equal(pretence.records.at(-1)!.status, 'cancelled');
    });

    test('refuses with a sentence what cannot take effect, and nothing of that is in its record', async () => {
      const { handle, pretence, open } = await heldAt('refusing', 0, withOneBaseline, 'contrast');
      assert.match(
        await refusalOf(tell(handle, { kind: 'pause' }, 'pretrain')),
        /^Expected a training that goes on, .*contrast.*, got "pretrain"\.$/,
      );
      assert.match(
        await refusalOf(tell(handle, { kind: 'learning-rate', player: 'flow', value: -1 })),
        /^Expected a learning rate above 0, got -1\.$/,
      );
      assert.match(
        await refusalOf(tell(handle, { kind: 'extend', updates: 50 })),
        /^Expected more updates than the 100 that contrast is to make, of which 0 are done, got 50\.$/,
      );
      assert.match(await refusalOf(tell(handle, { kind: 'resume' })), /^contrast is not paused\.$/);
      assert.match(await refusalOf(tell(handle, { kind: 'samples' })), /^contrast has no checkpoint yet/);
      assert.match(
        await refusalOf(handle.executeUpdate('tell', { args: [] })),
        /^Expected a message of pause/,
      );
      const { answer: paused } = await heard(handle, { kind: 'pause' }, 1);
      assert.match(
        await refusalOf(tell(handle, { kind: 'pause' })),
        /^contrast is paused already, or about to be/,
      );
      const { answer: extended } = await heard(handle, { kind: 'extend', updates: 110 }, 2);
      assert.match(
        await refusalOf(tell(handle, { kind: 'extend', updates: 105 })),
        /^Expected more updates than the 110/,
      );
      open();
      await Promise.all([paused, extended]);
      await tell(handle, { kind: 'resume' });
      await handle.result();
      assert.deepEqual(
        pretence.records.at(-1)!.decisions.map(({ details }) => details['message']),
        ['pause', 'extend', 'resume'],
      );
      assert.match(
        await refusalOf(
          tell(handle, { kind: 'pause' }).catch((error: Error) => {
            throw new WorkflowUpdateFailedError('', error);
          }),
        ),
        /already completed/,
      );
    });

    test(
      'makes more updates also where it is told so in its last segment, and anything else comes too '
        + 'late then',
      async () => {
        const { handle, pretence, open } = await heldAt('last', 90);
        const { answer } = await heard(handle, { kind: 'extend', updates: 120 }, 1);
        open();
        assert.equal((await answer).took, true);
        await handle.result();
        assert.equal(pretence.segments.at(-1)!.toUpdate, 120);
        const late = await heldAt('late', 90);
        const { answer: refused } = await heard(late.handle, { kind: 'pause' }, 1);
        late.open();
        assert.deepEqual(await refused, {
          took: false,
          sentence: 'contrast ended before it could be told to pause.',
        });
        await late.handle.result();
        assert.deepEqual(late.pretence.records.at(-1)!.decisions, []);
      },
    );

    test(
      'counts its patience on, and says what of how many updates it made, where it was told to make '
        + 'more',
      async () => {
        const { opened, open } = gate();
        const distances = {
          ...Object.fromEntries(Array.from({ length: 20 }, (_, i) => [i * 10, 1 - i / 40])),
          120: 0.9,
          130: 0.9,
        };
        const pretence = pretend({
          trainSegment: async (request) => {
            if (request.fromUpdate === 50) await opened();
            return {
              ...(await pretend().activities.trainSegment(request)),
              figures: figuresOf(request, distances),
            };
          },
        });
        const handle = await started(requestOf('patient', withStopping({ patience: 2 })), pretence);
        await untilAsked(pretence, 'contrast@50~0');
        const { answer } = await heard(handle, { kind: 'extend', updates: 150 }, 1);
        open();
        await answer;
        await handle.result();
        assert.match(
          pretence.records.at(-1)!.decisions.at(-1)!.sentence,
          /^contrast ended at update 130 of 150/,
        );
      },
    );

    /** A run that waits for `open` in its data, or in the first segment of a training. */
    async function heldBack(request: RunRequest, at: 'prepare' | TrainingName) {
      const { opened, open } = gate();
      const pretence = pretend({
        prepareDataset: async (asked) => {
          if (at === 'prepare') await opened();
          return pretend().activities.prepareDataset(asked);
        },
        trainSegment: async (asked) => {
          if (asked.spec.training === at && asked.fromUpdate === 0) await opened();
          return pretend().activities.trainSegment(asked);
        },
      });
      const handle = await started(request, pretence);
      await untilAsked(pretence, at === 'prepare' ? 'prepareDataset' : `${at}@0~0`);
      return { handle, pretence, open };
    }

    test('holds what comes before its training begins, and takes it before the first update', async () => {
      const { handle, pretence, open } = await heldBack(requestOf('early', withPretrain), 'pretrain');
      assert.deepEqual(await tell(handle, { kind: 'pause' }, 'contrast'), {
        took: true,
        held: true,
        sentence: 'contrast has not begun: when it does, it is told to pause.',
      });
      await tell(handle, { kind: 'learning-rate', player: 'flow', value: 1e-4 }, 'contrast');
      assert.deepEqual(
        pretence.records
          .at(-1)!
          .held!.map(({ training, number, message: { kind } }) => [training, number, kind]),
        [
          ['contrast', 1, 'pause'],
          ['contrast', 2, 'learning-rate'],
        ],
      );
      assert.deepEqual(pretence.records.at(-1)!.decisions, [], 'what has not taken effect is no decision');
      open();
      while (!(await handle.query(statusQuery)).trainings.contrast?.paused)
        await sleep(20, undefined, { ref: false });
      assert.ok(
        !pretence.segments.some(({ spec: { training } }) => training === 'contrast'),
        'it made updates before it held',
      );
      assert.equal((await tell(handle, { kind: 'resume' }, 'contrast')).held, undefined);
      await handle.result();
      const [first] = pretence.segments.filter(({ spec: { training } }) => training === 'contrast');
      assert.deepEqual([first!.fromUpdate, first!.adjustment.learningRates], [0, { flow: 1e-4 }]);
      const { decisions, held } = pretence.records.at(-1)!;
      assert.deepEqual(
        decisions.map(({ training, details: { message, update, number } }) => [
          training,
          message,
          update,
          number,
        ]),
        [
          ['contrast', 'pause', 0, 1],
          ['contrast', 'learning-rate', 0, 2],
          ['contrast', 'resume', 0, 3],
        ],
      );
      assert.equal(held, undefined);
      // what a worker does that takes the run over from one that was killed
      await Worker.runReplayHistory({ workflowBundle }, await handle.fetchHistory());
    });

    test(
      'holds it for the first training of the main line where none goes on yet, and refuses what could '
        + 'never be',
      async () => {
        const { handle, pretence, open } = await heldBack(requestOf('earliest', withOneBaseline), 'prepare');
        const held = await tell(handle, { kind: 'extend', updates: 120 });
        assert.deepEqual(held, {
          took: true,
          held: true,
          sentence: 'contrast has not begun: when it does, it is told to make 120 updates.',
        });
        assert.equal(
          (await tell(handle, { kind: 'learning-rate', player: 'ebm', value: 1e-3 }, 'nce-standard')).held,
          true,
        );
        const refusals: readonly (readonly [TrainingCommand, string | null, RegExp])[] = [
          [
            { kind: 'extend', updates: 110 },
            null,
            /^Expected more updates than the 120 that contrast is to make, of which 0 are done, got 110\.$/,
          ],
          [{ kind: 'resume' }, 'contrast', /^contrast is not paused\.$/],
          [{ kind: 'samples' }, 'contrast', /^contrast has no checkpoint yet/],
          [
            { kind: 'learning-rate', player: 'generator', value: 1e-3 },
            'contrast',
            /^Expected a player of contrast, flow or ebm, got "generator"\.$/,
          ],
          [
            { kind: 'pause' },
            'pretrain',
            /^Expected one that is to come, contrast, nce-standard, got "pretrain"\.$/,
          ],
        ];
        for (const [message, training, sentence] of refusals)
          assert.match(await refusalOf(tell(handle, message, training)), sentence);
        open();
        await handle.result();
        assert.equal(
          pretence.segments.filter(({ spec: { training } }) => training === 'contrast').at(-1)!.toUpdate,
          120,
        );
        assert.match(
          await refusalOf(
            tell(handle, { kind: 'pause' }).catch((error: Error) => {
              throw new WorkflowUpdateFailedError('', error);
            }),
          ),
          /already completed/,
        );
      },
    );

    test('is told it also by another execution, and where it had come to before that', async () => {
      const first = await heldBack(requestOf('kept', withPretrain), 'pretrain');
      await tell(first.handle, { kind: 'learning-rate', player: 'flow', value: 1e-4 }, 'contrast');
      const { held } = first.pretence.records.at(-1)!;
      await first.handle.terminate();
      const resumed = { resumedAt: '2026-01-02T05:00:00.000Z', held: held! };
      const second = pretend();
      await (await started({ ...requestOf('kept-again', withPretrain), ...resumed }, second)).result();
      assert.deepEqual(
        second.segments.find(({ spec: { training } }) => training === 'contrast')!.adjustment.learningRates,
        { flow: 1e-4 },
      );
      // one that had made updates goes through them as they were
      const further = await heldBack(
        {
          ...requestOf('kept-further', contrastAlone),
          resumedAt: resumed.resumedAt,
          reached: { contrast: { update: 60, rollbacks: 0 } },
        },
        'prepare',
      );
      assert.match(
        await refusalOf(tell(further.handle, { kind: 'extend', updates: 50 })),
        /of which 60 are done/,
      );
      await tell(further.handle, { kind: 'learning-rate', player: 'flow', value: 2e-4 });
      further.open();
      await further.handle.result();
      assert.deepEqual(
        further.pretence.segments
          .filter(({ adjustment }) => adjustment.learningRates?.['flow'] === 2e-4)
          .map(({ fromUpdate }) => fromUpdate),
        [60, 70, 80, 90],
      );
      assert.equal(
        further.pretence.records.at(-1)!.decisions.find(({ what }) => what === 'told')!.details['update'],
        60,
      );
    });

    test('goes on with the messages of a damaged record, and says what it left out', async () => {
      const message = {
        training: 'contrast',
        number: 1,
        at: '2026-01-02T04:00:00.000Z',
        message: { kind: 'learning-rate', player: 'flow', value: 1e-4 },
      };
      const told = {
        at: '2026-01-02T04:00:00.000Z',
        what: 'told',
        training: 'contrast',
        sentence: 'contrast was told.',
      };
      const pretence = pretend();
      const request = {
        ...requestOf('damaged', contrastAlone),
        resumedAt: '2026-01-02T05:00:00.000Z',
        held: [{ ...message, at: 'soon' }, message],
        told: [told],
      };
      await (await started(request as unknown as RunRequest, pretence)).result();
      assert.deepEqual(pretence.segments[0]!.adjustment.learningRates, { flow: 1e-4 });
      const left = pretence.records[0]!.decisions.filter(({ what }) => what === 'left-out').map(
        ({ sentence }) => sentence,
      );
      assert.deepEqual(left, [
        'Left out of what the record says its trainings are to be told: 2 entries that are no messages.',
      ]);
    });

    test('has a rollback in its record before the segment that follows has ended', async () => {
      const known: boolean[] = [];
      const pretence = pretend({
        trainSegment: async (request) => {
          if (segmentName(request) === 'contrast@30~0') throw divergence(request);
          const isKnown = (): boolean =>
            pretence.records.at(-1)!.decisions.some(({ what }) => what === 'rollback');
          if (request.fromUpdate === 40) {
            for (let looks = 0; looks < 400 && !isKnown(); looks += 1)
              await sleep(50, undefined, { ref: false });
            known.push(isKnown());
          }
          return pretend().activities.trainSegment(request);
        },
      });
      await (await started(requestOf('rolled-back', contrastAlone), pretence)).result();
      assert.deepEqual(known, [true]);
    });

    const toldBefore: readonly TrainingCommand[] = [
      { kind: 'learning-rate', player: 'flow', value: 1e-4 },
      { kind: 'learning-rate', player: 'ebm', value: 3e-4 },
      { kind: 'extend', updates: 120 },
    ];
    const toldOf = ({ records }: Pretence): Decision[] =>
      records.at(-1)!.decisions.filter(({ what }) => what === 'told');

    /** Told in three places, the last after a rollback. */
    async function toldAndRolledBack(runId: string): Promise<Pretence> {
      const gates = new Map([
        [10, gate()],
        [40, gate()],
        [60, gate()],
      ]);
      const pretence = pretend({
        trainSegment: async (request) => {
          await gates.get(request.fromUpdate)?.opened();
          return unstable(request);
        },
      });
      const handle = await started(requestOf(runId, contrastAlone), pretence);
      for (const [i, [from, value]] of (
        [
          [10, 1e-4],
          [40, 2e-4],
          [60, 3e-4],
        ] as const
      ).entries()) {
        while (!pretence.segments.some(({ fromUpdate }) => fromUpdate === from))
          await sleep(20, undefined, { ref: false });
        const { answer } = await heard(handle, { kind: 'learning-rate', player: 'flow', value }, i + 1);
        gates.get(from)!.open();
        await answer;
      }
      await handle.result();
      return pretence;
    }
    /** Diverges at 60 whatever the noise, until it goes back to 40 for the second time. */
    async function unstable(request: Salted<SegmentRequest>) {
      if (request.fromUpdate === 60 && request.adjustment.noiseStream < 3) throw divergence(request);
      return pretend().activities.trainSegment(request);
    }

    test('takes it at the same places when it is resumed from its record alone', async () => {
      const first = await toldAndRolledBack('first');
      const told = first.records.at(-1)!.decisions.filter(({ what }) => what === 'told');
      assert.deepEqual(
        told.map(({ details: { update, rollbacks } }) => [update, rollbacks]),
        [
          [20, 0],
          [50, 0],
          [60, 1],
        ],
      );
      const again = pretend({ trainSegment: unstable });
      await (
        await started(
          { ...requestOf('again', contrastAlone), resumedAt: '2026-01-02T05:00:00.000Z', told },
          again,
        )
      ).result();
      const asked = ({ segments }: Pretence) => segments.map(({ spec: _, ...segment }) => segment);
      assert.deepEqual(asked(again), asked(first));
      const [resumed, ...decisions] = again.records
        .at(-1)!
        .decisions.toSorted((a, b) => Number(b.what === 'resumed') - Number(a.what === 'resumed'));
      assert.equal(resumed!.what, 'resumed');
      const order = (all: readonly Decision[]) =>
        timeless(all)
          .map((one) => JSON.stringify(one))
          .sort();
      assert.deepEqual(order(decisions), order(first.records.at(-1)!.decisions));
    });

    test(
      'keeps what it was told when it gives up and goes on with other settings, and when that is '
        + 'resumed from its record',
      async () => {
        const rates = (flow: number): object =>
          withContrast({ recovery: { maxRollbacks: 0 }, flow: { learningRate: flow } });
        const { opened, open } = gate();
        const unstable = pretend({
          trainSegment: async (request) => {
            if (request.fromUpdate === 20) await opened();
            if (request.fromUpdate === 40) throw divergence(request);
            return pretend().activities.trainSegment(request);
          },
        });
        const handle = await started(requestOf('told-then-set', rates(1)), unstable);
        await untilAsked(unstable, 'contrast@20~0');
        for (const [i, message] of toldBefore.entries()) await heard(handle, message, i + 1);
        open();
        await handle.result().catch(() => undefined);
        const { gaveUp, decisions } = unstable.records.at(-1)!;
        const { update, adjustments: reached } = gaveUp![0]!;
        assert.deepEqual(
          [update, reached!.at(-1)],
          [
            40,
            { learningRateScale: 1, noiseStream: 0, learningRates: { flow: 1e-4, ebm: 3e-4 }, updates: 120 },
          ],
        );

        const amendment = {
          training: 'contrast' as const,
          changes: ['contrast.flow.learningRate=0.1'],
          before: requestOf('x', rates(1)).config.contrast,
          update,
          adjustments: reached!,
          decisions,
        };
        const request: RunRequest = {
          ...requestOf('set', rates(0.1)),
          amended: [amendment],
          told: toldOf(unstable),
        };
        const amended = pretend();
        await (await started(request, amended)).result();
        const [kept, gone] = [amended.segments.slice(0, 4), amended.segments.slice(4)];
        assert.deepEqual(
          kept.map(({ adjustment }) => adjustment),
          reached,
        );
        assert.deepEqual(gone[0]!.adjustment, {
          learningRateScale: 1,
          noiseStream: 1,
          learningRates: { ebm: 3e-4 },
          updates: 120,
        });
        assert.deepEqual([gone[0]!.fromUpdate, gone.at(-1)!.toUpdate], [40, 120]);
        assert.deepEqual(
          toldOf(amended).map(({ details }) => details['number']),
          [1, 2, 3],
          'told twice',
        );

        const again = pretend();
        await (
          await started(
            { ...request, runId: 'set-again', resumedAt: '2026-01-02T05:00:00.000Z', told: toldOf(amended) },
            again,
          )
        ).result();
        assert.deepEqual(again.segments, amended.segments);
      },
    );

    test(
      'has in its record what it was told before it was resumed, from its first entry on, and numbers '
        + 'what comes then beyond it',
      async () => {
        const told = (await toldAndRolledBack('before')).records
          .at(-1)!
          .decisions.filter(({ what }) => what === 'told');
        const { opened, open } = gate();
        const pretence = pretend({
          trainSegment: async (request) => {
            if (request.fromUpdate === 30) await opened();
            return pretend().activities.trainSegment(request);
          },
        });
        const handle = await started(
          { ...requestOf('after', contrastAlone), resumedAt: '2026-01-02T05:00:00.000Z', told },
          pretence,
        );
        await untilAsked(pretence, 'contrast@30~0');
        const numbers = () =>
          pretence.records.map(({ decisions }) =>
            decisions.flatMap(({ what, details }) => (what === 'told' ? [details['number']] : [])),
          );
        assert.deepEqual(
          numbers(),
          pretence.records.map(() => [1, 2, 3]),
        );
        const { answer } = await heard(handle, { kind: 'pause' }, 1);
        open();
        await answer;
        assert.deepEqual(numbers().at(-1), [1, 2, 3, 4]);
        await handle.cancel();
        await handle.result().catch(() => undefined);
        assert.deepEqual(numbers().at(-1), [1, 2, 3, 4]);
      },
    );

    test('still holds where it held when it is resumed from its record', async () => {
      const { handle, pretence, open } = await heldAt('holds', 20);
      const { answer } = await heard(handle, { kind: 'pause' }, 1);
      open();
      await answer;
      await handle.terminate();
      const again = pretend();
      const resumed = await started(
        { ...requestOf('holds-again', contrastAlone), told: pretence.records.at(-1)!.decisions },
        again,
      );
      while (!(await resumed.query(statusQuery)).trainings.contrast?.paused)
        await sleep(50, undefined, { ref: false });
      assert.deepEqual(again.segments.map(segmentName), ['contrast@0~0', 'contrast@10~0', 'contrast@20~0']);
      await tell(resumed, { kind: 'resume' });
      await resumed.result();
      assert.equal(again.segments.length, 10);
    });

    test(
      'has in its record what it was told for later, where it goes only so far, and where its training '
        + 'gives up, to hear it at its time with other settings',
      async () => {
        const later = (update: number): Decision =>
          commandDecision(
            'contrast',
            {
              number: 1,
              at: '2026-01-02T04:00:00.000Z',
              message: { kind: 'learning-rate', player: 'flow', value: 1e-4 },
            },
            { update, rollbacks: 0 },
            null,
          );
        const part = pretend();
        await (
          await started({ ...requestOf('so-far', contrastAlone), until: 50, told: [later(80)] }, part)
        ).result();
        assert.deepEqual(part.records.at(-1)!.decisions, [later(80)]);

        const pretence = pretend({
          trainSegment: async (request) => {
            if (request.fromUpdate === 20) throw divergence(request);
            return pretend().activities.trainSegment(request);
          },
        });
        const handle = await started(
          { ...requestOf('too-early', withContrast({ recovery: { maxRollbacks: 0 } })), told: [later(50)] },
          pretence,
        );
        await assert.rejects(handle.result(), WorkflowFailedError);
        const { decisions, gaveUp } = pretence.records.at(-1)!;
        assert.deepEqual(
          decisions.map(({ what }) => what),
          ['told', 'gave-up'],
        );

        const request = {
          ...requestOf('too-early-set', withContrast({ recovery: { maxRollbacks: 0 } })),
          told: toldOf(pretence),
        };
        const record = {
          id: 'too-early',
          experiment: 'pretend',
          status: 'failed' as const,
          seed: 1,
          startedAt: '',
          decisions,
          gaveUp: gaveUp!,
        };
        const amended = pretend();
        await (
          await started(overrideRequest(request, record, ['contrast.ebm.learningRate=0.1']), amended)
        ).result();
        assert.deepEqual(
          amended.segments.map(({ fromUpdate, adjustment }) => [
            fromUpdate,
            adjustment.learningRates?.['flow'],
          ]),
          Array.from({ length: 10 }, (_, i) => [10 * i, i < 5 ? undefined : 1e-4]),
        );
        assert.deepEqual(
          toldOf(amended).map(({ details }) => [details['number'], details['update']]),
          [[1, 50]],
        );
      },
    );
  },
);
