/** Executions of earlier workflows, met by a worker with today's: on a real server, with pretend
 *  activities. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  bundleWorkflowCode,
  DefaultLogger,
  type Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { untilCodeDiffers, treeOf, type Differing } from '../../../../infra/client/server/code-watch.ts';
import { differsSentence, replaceExecution } from '../../../../infra/client/runs/replace-execution.ts';
import { startWorkflow } from '../../../../infra/client/runs/start-workflow.ts';
import { createPretendWorkers } from '../../../support/pretend-workers.ts';
import { bundleWorkflows, noTemporal, startTemporal } from '../../../support/temporal.ts';
import { pretend, requestOf, withContrast } from '../../../workflows/fake-run.ts';

/** What is looked at every two seconds has been by then, often enough. */
const longMs = 8000;

describe('the code of the workflows', { skip: noTemporal, concurrency: false, timeout: 240_000 }, () => {
  let env: TestWorkflowEnvironment;
  let [earlier, now]: WorkflowBundleWithSourceMap[] = [];
  let end = (): void => {};
  let held: Promise<void>;
  const trained: string[] = [];
  /** A training under way is handed back soon, for its worker may be gone. */
  const { activities } = pretend({
    trainSegment: async (segment) => {
      trained.push(segment.spec.training);
      if (segment.fromUpdate > 0)
        await Promise.race([
          held,
          sleep(1000).then(() => {
            throw new Error('The worker is gone.');
          }),
        ]);
      return pretend().activities.trainSegment(segment);
    },
  });
  const working = async <T>(
    workflowBundle: WorkflowBundleWithSourceMap,
    act: () => Promise<T>,
  ): Promise<T> => {
    const workers: Worker[] = await createPretendWorkers({
      connection: env.nativeConnection,
      activities,
      workflowBundle,
    });
    const ended = Promise.all(workers.map((worker) => worker.run()));
    try {
      return await act();
    } finally {
      for (const worker of workers) worker.shutdown();
      await ended;
    }
  };
  const within = async (id: string, ms: number): Promise<Differing | null> => {
    const over = new AbortController();
    try {
      return await Promise.race([untilCodeDiffers(env.client, id, over.signal), sleep(ms, null)]);
    } finally {
      over.abort();
    }
  };
  const request = (id: string) => requestOf(id, withContrast({}));
  const untilTrained = async (count: number): Promise<void> => {
    while (trained.length < count) await sleep(50);
  };

  before(async () => {
    held = new Promise((resolve) => {
      end = resolve;
    });
    const workflowsPath = fileURLToPath(new URL('../../../support/earlier-workflow.ts', import.meta.url));
    [env, earlier, now] = await Promise.all([
      startTemporal(),
      bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') }),
      bundleWorkflows(),
    ]);
    await working(earlier!, async () => {
      for (const id of ['run', 'training']) await startWorkflow(env.client, request(id));
      await untilTrained(4);
    });
  });
  after(async () => {
    end();
    await env?.teardown();
  });

  test(
    'differs from that which a run was begun with, or one of its trainings: seen while an activity '
      + 'goes on, and in its task',
    async () => {
      await working(now!, async () => {
        const [run, training] = await Promise.all([within('run', 60_000), within('training', 60_000)]);
        assert.match(run!.reason, /TMPRL1100.*Nondeterminism/);
        assert.ok(['run', 'run/contrast'].includes(run!.workflowId));
        assert.deepEqual(
          run!.tree.map(({ workflowId }) => workflowId),
          ['run', 'run/contrast'],
        );
        assert.equal(training!.workflowId, 'training/contrast');
        assert.match(
          differsSentence('training', training!),
          /^The code of the workflows differs from that which training was begun with: its execution cannot go on \(training\/contrast\)\. A new one goes on from its artifacts\. /,
        );
      });
    },
  );

  test('is that which a run was begun with: nothing is said, whatever another worker does', async () => {
    await working(now!, async () => {
      const before = trained.length;
      await startWorkflow(env.client, request('today'));
      await untilTrained(before + 2);
      assert.equal(await within('today', longMs), null);
    });
    assert.equal(await within('today', longMs), null, 'nor where nobody works on it');
  });

  test('lets a run go on in a new execution, once, however many ask for it', async () => {
    await working(now!, async () => {
      const differing = (await within('training', 60_000))!;
      const started: boolean[] = [];
      const startAgain = async () => {
        started.push(await startWorkflow(env.client, request('training')));
      };
      await Promise.all([
        replaceExecution(env.client, differing, startAgain),
        replaceExecution(env.client, differing, startAgain),
      ]);
      assert.deepEqual(started.sort(), [false, true]);
      end();
      await env.client.workflow.getHandle('training').result();
      assert.equal(
        (await env.client.workflow.getHandle('training', differing.tree[0]!.runId).describe()).status.name,
        'TERMINATED',
      );
      assert.deepEqual(await treeOf(env.client, 'training'), []);
    });
  });
});
