import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, WorkflowFailedError } from '@temporalio/client';
import { layoutOf } from '../../../infra/store/layout.ts';
import { ensureServer, stopServer } from '../../../infra/temporal/dev-server.ts';
import { workflowQueue } from '../../../workflows/shared/queues.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { listeningSockets } from '../../support/listening-sockets.ts';
import { isAlive, untilGone } from '../../support/processes.ts';

const out = join(temporaryFolder('worker'), 'runs');
let address: string;
let serverPid: number;
let connection: Connection;
let client: Client;

const startWorker = (...more: string[]): ChildProcess =>
  spawn(process.execPath, ['--import', 'tsx', 'test/support/worker-process.ts', out, address, ...more], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
const start = (workflow: string, id: string, argument: string) =>
  client.workflow.start(workflow, { workflowId: id, taskQueue: workflowQueue, args: [argument] });
const untilFile = async (path: string): Promise<string> => {
  for (;;) {
    try {
      const text = readFileSync(path, 'utf8');
      if (text !== '') return text;
    } catch {
      /* not there yet */
    }
    await sleep(50);
  }
};
const untilHeld = async (name: string) => {
  const folder = join(out, name);
  mkdirSync(folder, { recursive: true });
  const handle = await start('holdOnce', name, folder);
  return { handle, pid: Number(await untilFile(join(folder, 'pid'))) };
};

before(async () => {
  const server = await ensureServer({ out });
  address = server.address;
  serverPid = server.pid!;
  connection = await Connection.connect({ address });
  client = new Client({ connection });
});
after(() => stopServer(out));

describe('the worker', { concurrency: false, timeout: 240_000 }, () => {
  let first: ChildProcess;
  let second: ChildProcess;

  test('serves both queues', async () => {
    first = startWorker();
    assert.equal(
      await (await start('echoed', 'echo', 'over the other queue')).result(),
      'over the other queue',
    );
  });

  test(
    'hands the count of failures from attempt to attempt, so that what gets no memory is begun twice '
      + 'and no more',
    async () => {
      const folder = join(out, 'starved');
      mkdirSync(folder, { recursive: true });
      const handle = await start('starved', 'starved', folder);
      await assert.rejects(
        handle.result(),
        (error) =>
          error instanceof WorkflowFailedError
          && /It happened 2 times: it is not begun again\.$/.test((error.cause!.cause as Error).message),
      );
      assert.equal(readFileSync(join(folder, 'attempts'), 'utf8'), '..');
    },
  );

  test('listens on no port', () => assert.deepEqual(listeningSockets(first.pid!), []));

  test('cancelling a workflow ends its compute process within 5 s', async () => {
    const { handle, pid } = await untilHeld('cancelled');
    await handle.cancel();
    await untilGone(pid, 5000);
    await assert.rejects(handle.result(), WorkflowFailedError);
    assert.equal((await handle.describe()).status.name, 'CANCELLED');
  });

  test('asked to end, it stops its compute process within 5 s and hands the activity to the next worker', async () => {
    const { handle, pid } = await untilHeld('stopped');
    const ended = once(first, 'exit');
    first.kill('SIGTERM');
    await untilGone(pid, 5000);
    assert.deepEqual(await ended, [0, null]);
    assert.match(
      readFileSync(layoutOf(out).workerLog, 'utf8'),
      /worker starts[\s\S]*worker stops.*SIGTERM[\s\S]*worker ended/,
    );
    second = startWorker();
    // well before the minute after which the server would have missed a heartbeat
    assert.equal(await handle.result(), 2);
  });

  test('killed with -9, its compute process ends too', async () => {
    const { handle, pid } = await untilHeld('killed');
    second.kill('SIGKILL');
    await untilGone(pid, 5000);
    await handle.terminate();
  });

  test('left alone, it ends by itself when no run is open, and ends the server nobody else uses', async () => {
    const third = startWorker('idle');
    const ended = once(third, 'exit');
    assert.equal(await (await start('echoed', 'last', 'bye')).result(), 'bye');
    // this process needs the server no more; the worker still does
    await connection.close();
    await stopServer(out);
    assert.ok(isAlive(serverPid));
    assert.deepEqual(await ended, [0, null]);
    await untilGone(serverPid, 5000);
  });
});
