import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server as NetServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { layoutOf } from '../../../infra/store/layout.ts';
import { requireServer } from '../../../infra/temporal/connect.ts';
import { ensureServer, stopServer } from '../../../infra/temporal/dev-server.ts';
import { findServer, type ServerHandle } from '../../../infra/temporal/find-server.ts';
import { withLock } from '../../../infra/store/lock.ts';
import { identityOf, isRunning } from '../../../infra/temporal/process-identity.ts';
import { keepServer } from '../../../infra/temporal/keep-server.ts';
import { readServerRecord } from '../../../infra/temporal/server-record.ts';
import { embedded } from '../../../infra/temporal/server.ts';
import { ServerError } from '../../../infra/temporal/server-error.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { listeningSockets } from '../../support/listening-sockets.ts';
import { isAlive } from '../../support/processes.ts';

const folder = temporaryFolder('temporal');
const out = join(folder, 'runs');
after(() => stopServer(out));

async function caller(): Promise<{ process: ChildProcess; handle: ServerHandle }> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/support/server-caller.ts', out], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`the caller ended with code ${code}`);
  });
  died.catch(() => undefined);
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line') as Promise<[string]>, died]);
  return { process: child, handle: JSON.parse(line) as ServerHandle };
}

describe('the dev server', { concurrency: false }, () => {
  test('two command lines starting at once share one server, and the last to leave ends it', async () => {
    const [one, two] = await Promise.all([caller(), caller()]);
    assert.equal(one.handle.address, two.handle.address);
    assert.equal(one.handle.pid, two.handle.pid);
    assert.deepEqual([one.handle.startedHere, two.handle.startedHere].sort(), [false, true]);
    one.process.stdin!.end();
    await once(one.process, 'exit');
    assert.ok(isAlive(two.handle.pid!), 'still used by the other');
    two.process.stdin!.end();
    await once(two.process, 'exit');
    assert.equal(isAlive(two.handle.pid!), false);
    assert.equal(await findServer(out), null);
  });

  test('a command line killed with -9 does not count as a user', async () => {
    const { process: child, handle } = await caller();
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.ok(isAlive(handle.pid!), 'the server outlives it');
    const again = await ensureServer({ out });
    assert.deepEqual([again.pid, again.startedHere], [handle.pid, false]);
    assert.equal(await stopServer(out), true);
    assert.equal(isAlive(handle.pid!), false);
  });

  test('listens on loopback alone: gRPC, the web interface, metrics and whatever else it opens', async () => {
    const { pid, address, uiUrl } = await ensureServer({ out });
    const sockets = listeningSockets(pid!);
    const ports = sockets.map(({ port }) => port);
    assert.ok(
      ports.includes(Number(address.split(':')[1])) && ports.includes(Number(new URL(uiUrl!).port)),
      `it listens on ${ports.join(', ')}`,
    );
    assert.deepEqual(
      sockets.filter(({ loopback }) => !loopback),
      [],
    );
    await stopServer(out);
  });

  test('keeps what has ended for 90 days, and its history when it is killed with -9', async () => {
    const { address, pid } = await ensureServer({ out });
    const connection = await Connection.connect({ address });
    const { config } = await connection.workflowService.describeNamespace({ namespace: 'default' });
    assert.equal(Number(config?.workflowExecutionRetentionTtl?.seconds), 90 * 24 * 3600);
    await new Client({ connection }).workflow.start('none', { workflowId: 'kept', taskQueue: 'nobody' });
    await connection.close();
    process.kill(pid!, 'SIGKILL');
    while (isAlive(pid!)) await sleep(20);
    const again = await ensureServer({ out });
    assert.equal(again.startedHere, true);
    assert.equal(again.address, address, 'the earlier port was free');
    const later = await Connection.connect({ address });
    assert.equal(
      (await new Client({ connection: later }).workflow.getHandle('kept').describe()).status.name,
      'RUNNING',
    );
    await later.close();
    await stopServer(out);
  });

  test('a database that cannot be read is kept beside a new one', async () => {
    const layout = layoutOf(join(folder, 'unreadable'));
    mkdirSync(layout.temporal, { recursive: true });
    writeFileSync(layout.temporalDatabase, 'no database');
    const { setAside } = await ensureServer({ out: layout.out });
    assert.match(setAside!, /temporal\.db\.unreadable-\d{8}T\d{6}Z$/);
    assert.equal(readFileSync(setAside!, 'utf8'), 'no database');
    assert.equal((await ensureServer({ out: layout.out })).setAside, null);
    await stopServer(layout.out);
  });

  test('one that a worker keeps is back at its address when it is killed with -9', async () => {
    const { address, pid } = await ensureServer({ out });
    const over = new AbortController();
    const said: string[] = [];
    const keeping = keepServer({ out, address }, over.signal, (line) => said.push(line));
    process.kill(pid!, 'SIGKILL');
    while (said.length === 0) await sleep(20);
    assert.match(said[0]!, new RegExp(`it is back at ${address}`));
    assert.notEqual((await findServer(out))!.pid, pid);
    over.abort();
    await keeping;
    await stopServer(out);
  });

  test('one that cannot be had again at its address ends the keeping with the reason', async () => {
    const { address, pid } = await ensureServer({ out });
    const squatter = createServer();
    await withLock(layoutOf(out).serverRecord, async () => {
      process.kill(pid!, 'SIGKILL');
      while (isAlive(pid!)) await sleep(20);
      await listenOn(squatter, Number(address.split(':')[1]));
    });
    await assert.rejects(
      keepServer({ out, address }, new AbortController().signal, () => {}),
      (error) =>
        error instanceof ServerError && error.message.includes(`another program took its port, ${address}`),
    );
    squatter.close();
    await stopServer(out);
  });

  test('another port is taken where the earlier one is in use', async () => {
    const record = await readServerRecord(layoutOf(out));
    const squatter = createServer().listen(record!.port, '127.0.0.1');
    await once(squatter, 'listening');
    const { address } = await ensureServer({ out }).finally(() => squatter.close());
    assert.notEqual(address, record!.address);
    await stopServer(out);
  });

  test('an address where nobody answers is an error with the remedy, and starts nothing', async () => {
    await assert.rejects(
      requireServer(embedded('127.0.0.1:9')),
      (error) =>
        error instanceof ServerError
        && error.message.includes('127.0.0.1:9')
        && error.message.includes('--local'),
    );
    assert.equal(await findServer(out), null);
  });

  test('a server that cannot start is an error with the end of its log', async () => {
    const before = process.env.COUNTERFLOW_TEMPORAL;
    process.env.COUNTERFLOW_TEMPORAL = '/bin/false';
    await assert.rejects(
      ensureServer({ out: join(folder, 'broken') }),
      (error) => error instanceof ServerError && error.message.includes('did not start'),
    );
    process.env.COUNTERFLOW_TEMPORAL = '/no/such/temporal';
    await assert.rejects(
      ensureServer({ out: join(folder, 'broken') }),
      (error) => error instanceof ServerError && error.message.includes('/no/such/temporal'),
    );
    if (before === undefined) delete process.env.COUNTERFLOW_TEMPORAL;
    else process.env.COUNTERFLOW_TEMPORAL = before;
  });
});

test('an address that is not loopback is told from one that is', async () => {
  const listen = async (host: string) => {
    const server = createServer().listen(0, host);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const found = listeningSockets(process.pid).find((socket) => socket.port === port);
    server.close();
    return found?.loopback;
  };
  assert.deepEqual([await listen('127.0.0.1'), await listen('0.0.0.0')], [true, false]);
  const ipv6 = await listen('::').catch(() => null); // a machine may have none
  if (ipv6 !== null)
    assert.deepEqual([await listen('::1'), ipv6, await listen('::ffff:127.0.0.1')], [true, false, true]);
});

test('what runs exclusively never overlaps', async () => {
  let inside = 0;
  await Promise.all(
    [1, 2, 3].map(() =>
      withLock(folder, async () => {
        assert.equal((inside += 1), 1);
        await sleep(30);
        inside -= 1;
      }),
    ),
  );
});

test('a process id used again is not the process it was', () => {
  const own = identityOf(process.pid)!;
  assert.ok(isRunning(own));
  assert.equal(isRunning({ ...own, started: '1' }), false);
});

/** Somebody's outgoing connection may have the port for a moment. */
async function listenOn(server: NetServer, port: number): Promise<void> {
  for (let tries = 50; ; tries -= 1) {
    server.listen(port, '127.0.0.1');
    const error = await once(server, 'listening').then(
      () => null,
      (thrown: NodeJS.ErrnoException) => thrown,
    );
    if (error === null) return;
    if (error.code !== 'EADDRINUSE' || tries === 0) throw error;
    await sleep(100);
  }
}
