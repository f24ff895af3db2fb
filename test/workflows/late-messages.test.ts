/** Messages that come in while a training is being started, on a real server that is slow between workflows,
 *  with pretend activities. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { workflowQueue } from '../../workflows/shared/queues.ts';
import { openPretendServer, type PretendServer } from '../support/pretend-workers.ts';
import { noTemporal } from '../support/temporal.ts';
import { contrastAlone, pretend, requestOf, sharedBy, type Pretence } from './fake-run.ts';
import { gate, tellPretending as tell } from './told-story.ts';

const slow = fileURLToPath(new URL('../support/slow-between-workflows.ts', import.meta.url));

describe(
  'a message that comes in while its training is being started',
  { skip: noTemporal, concurrency: true, timeout: 300_000 },
  () => {
    let env: TestWorkflowEnvironment;
    let server: PretendServer | undefined;
    const pretences = new Map<string, Pretence>();
    before(async () => {
      server = await openPretendServer(
        { activities: sharedBy(pretences), shutdownForceTime: '5 s' },
        { interceptors: [slow] },
      );
      ({ env } = server);
    });
    after(() => server?.close());

    async function started(runId: string, pretence: Pretence): Promise<WorkflowHandle> {
      pretences.set(runId, pretence);
      return env.client.workflow.start('reproduce', {
        taskQueue: workflowQueue,
        workflowId: runId,
        args: [requestOf(runId, contrastAlone)],
      });
    }

    /** Waits until the history of `workflowId` has so many events with these attributes. */
    async function untilThereAre(count: number, attributes: string, workflowId: string): Promise<void> {
      const events = async (): Promise<object[]> =>
        ((await env.client.workflow.getHandle(workflowId).fetchHistory()).events ?? []).filter(
          (event) => attributes in event && event[attributes as 'eventId'],
        );
      while ((await events().catch(() => [])).length < count) await sleep(20, undefined, { ref: false });
    }
    const begunTimers = 'timerStartedEventAttributes';

    test('ends no run where the training has ended before it is there', async () => {
      const pretence = pretend();
      const handle = await started('ended', pretence);
      await untilThereAre(1, begunTimers, 'ended');
      assert.equal((await tell(handle, { kind: 'pause' }, 'contrast')).held, true);
      await handle.result();
      const { status, trainings, decisions, held } = pretence.records.at(-1)!;
      assert.deepEqual([status, trainings.contrast!.segments.length, held], ['completed', 10, undefined]);
      assert.deepEqual(
        decisions.map(({ what, sentence }) => [what, sentence]),
        [['left-out', 'contrast ended before it could be told to pause.']],
        'it is gone without a word',
      );
    });

    test('is overtaken by none that comes in later', async () => {
      const { opened, open } = gate();
      const pretence = pretend({
        trainSegment: async (request) => {
          if (request.fromUpdate === 0) await opened();
          return pretend().activities.trainSegment(request);
        },
      });
      const handle = await started('in-order', pretence);
      await untilThereAre(1, begunTimers, 'in-order');
      // both come while it is being started; the third when the first of them is on its way
      await tell(handle, { kind: 'pause' }, 'contrast');
      await tell(handle, { kind: 'learning-rate', player: 'flow', value: 1e-4 }, 'contrast');
      await untilThereAre(2, begunTimers, 'in-order');
      const third = tell(handle, { kind: 'learning-rate', player: 'flow', value: 2e-4 }, 'contrast');
      await untilThereAre(1, 'workflowExecutionSignaledEventAttributes', 'in-order/contrast');
      open();
      await third;
      await tell(handle, { kind: 'resume' }, 'contrast');
      await handle.result();
      const told = pretence.records
        .at(-1)!
        .decisions.filter(({ what }) => what === 'told')
        .map(({ details }) => details['number']);
      assert.deepEqual(told, [1, 2, 3, 4]);
      assert.deepEqual(pretence.segments.at(-1)!.adjustment.learningRates, { flow: 2e-4 });
    });
  },
);
