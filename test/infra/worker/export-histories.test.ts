/** Histories outlive the server's memory: a worker leaves those of ended runs in their folders, and they
 *  replay. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { ensureServer, stopServer } from '../../../infra/temporal/dev-server.ts';
import type { ExportedHistory } from '../../../infra/store/history-index.ts';
import { workflowQueue } from '../../../workflows/shared/queues.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { noTemporal, quietRuntime } from '../../support/temporal.ts';
import { requestOf, withContrast, withOneBaseline } from '../../workflows/fake-run.ts';

const out = join(temporaryFolder('histories'), 'runs');
const historyOf = (run: string): string => join(out, run, 'history');
const indexOf = (run: string): ExportedHistory[] =>
  JSON.parse(readFileSync(join(historyOf(run), 'index.json'), 'utf8'));
const statusesOf = (run: string) =>
  Object.fromEntries(indexOf(run).map(({ file, status }) => [file, status]));
const failing = withContrast({ recovery: { maxRollbacks: 1 } });

describe('histories of ended runs', { skip: noTemporal, concurrency: false, timeout: 120_000 }, () => {
  let address: string;
  let connection: Connection;
  let client: Client;
  let workflowBundle: WorkflowBundleWithSourceMap;
  before(async () => {
    quietRuntime();
    [{ address }, workflowBundle] = await Promise.all([
      ensureServer({ out }),
      bundleWorkflowCode({
        workflowsPath: fileURLToPath(new URL('../../support/chained-workflow.ts', import.meta.url)),
        logger: new DefaultLogger('ERROR'),
      }),
    ]);
    connection = await Connection.connect({ address });
    client = new Client({ connection });
  });
  after(async () => {
    await connection.close();
    await stopServer(out);
  });

  const startWorker = (...more: string[]): ChildProcess =>
    spawn(process.execPath, ['--import', 'tsx', 'test/support/pretending-worker.ts', out, address, ...more], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  const begin = (run: string, changes: object = withOneBaseline) => {
    mkdirSync(join(out, run), { recursive: true });
    return client.workflow.start('reproduce', {
      workflowId: run,
      taskQueue: workflowQueue,
      args: [requestOf(run, changes)],
    });
  };
  const end = async (worker: ChildProcess): Promise<void> => {
    const ended = once(worker, 'exit');
    worker.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
  };
  const replay = async (run: string): Promise<void> => {
    for (const { file } of indexOf(run))
      await Worker.runReplayHistory(
        { workflowBundle },
        JSON.parse(readFileSync(join(historyOf(run), file), 'utf8')),
      );
  };

  test(
    'are in its folder when the worker ends right after the run, which completed, failed or was '
      + 'cancelled, and replay',
    async () => {
      const worker = startWorker();
      const held = await begin('holds');
      await (await begin('completes')).result();
      await assert.rejects((await begin('fails', failing)).result());
      while (((await held.describe()).raw.pendingChildren ?? []).length < 2) await sleep(50);
      await held.cancel();
      await assert.rejects(held.result());
      await end(worker);
      assert.deepEqual(statusesOf('completes'), {
        'completes.json': 'COMPLETED',
        'completes-nce-standard.json': 'COMPLETED',
        'completes-contrast.json': 'COMPLETED',
      });
      assert.deepEqual(statusesOf('fails'), { 'fails.json': 'FAILED', 'fails-contrast.json': 'FAILED' });
      assert.equal(statusesOf('holds')['holds.json'], 'CANCELLED');
      for (const run of ['completes', 'fails', 'holds']) await replay(run);
    },
  );

  test('of one workflow are numbered where it continued as new or was started again', async () => {
    const worker = startWorker();
    mkdirSync(join(out, 'chain'));
    await client.workflow.execute('chained', { workflowId: 'chain', taskQueue: workflowQueue, args: [3] });
    await assert.rejects((await begin('fails', failing)).result());
    await end(worker);
    assert.deepEqual(statusesOf('chain'), {
      'chain.json': 'CONTINUED_AS_NEW',
      'chain.2.json': 'CONTINUED_AS_NEW',
      'chain.3.json': 'COMPLETED',
    });
    await replay('chain');
    // The worker may look between the end of a child and its parent's, so the two are in either order.
    assert.deepEqual(Object.keys(statusesOf('fails')).sort(), [
      'fails-contrast.2.json',
      'fails-contrast.json',
      'fails.2.json',
      'fails.json',
    ]);
  });

  test(
    'are left by a worker that goes on alone, also of a run that ended when there was no worker, and '
      + 'once',
    async () => {
      await (await begin('terminated')).terminate();
      const foreign = await client.workflow.start('reproduce', {
        workflowId: 'foreign',
        taskQueue: workflowQueue,
        args: [requestOf('foreign', withOneBaseline)],
      });
      await begin('alone');
      const worker = startWorker('idle');
      assert.deepEqual(await once(worker, 'exit'), [0, null]);
      await foreign.result();
      assert.deepEqual(statusesOf('terminated'), { 'terminated.json': 'TERMINATED' });
      assert.equal(statusesOf('alone')['alone.json'], 'COMPLETED');
      assert.equal(existsSync(join(out, 'foreign')), false, 'it has no folder here');
      const before = readdirSync(historyOf('completes'));
      await end(await untilWorking(startWorker()));
      assert.deepEqual(readdirSync(historyOf('completes')), before);
    },
  );

  async function untilWorking(worker: ChildProcess): Promise<ChildProcess> {
    await client.workflow.execute('chained', {
      workflowId: `any-${worker.pid}`,
      taskQueue: workflowQueue,
      args: [1],
    });
    return worker;
  }
});
