/** Ports that another program has: of a server that is named, of the embedded server that was there before,
 *  of one that a worker uses, of the local page. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { exitCodes } from '../../../../infra/base/exit-codes.ts';
import { layoutOf } from '../../../../infra/store/layout.ts';
import { ensureServer, stopServer } from '../../../../infra/temporal/dev-server.ts';
import { findServer } from '../../../../infra/temporal/find-server.ts';
import { isRunning, signalProcess } from '../../../../infra/temporal/process-identity.ts';
import { readServerRecord, type ServerRecord } from '../../../../infra/temporal/server-record.ts';
import { workersOf } from '../processes-of.ts';
import { runArguments } from '../small-run.ts';
import { assertNothingHalf, assertRefused, command, type GroundCase } from './ground-case.ts';

export const portCases: readonly GroundCase[] = [earlierOnes(), named(), underAWorker(), ofThePage()];

/** A program that is no Temporal server. */
async function take(port = 0): Promise<Server> {
  const program = createServer((socket) =>
    socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'),
  );
  for (let waited = 0; ; waited += 50) {
    program.listen(port, '127.0.0.1');
    try {
      await once(program, 'listening');
      return program;
    } catch (error) {
      // threads of a process that ended a moment ago may still hold it
      if (waited > 5000) throw error;
      await sleep(50);
    }
  }
}

const portOf = (program: Server): number => (program.address() as AddressInfo).port;

function named(): GroundCase {
  return {
    kind: 'port',
    name: 'another program at --address',
    async hold(folder) {
      const out = join(folder, 'out');
      const program = await take();
      const address = `127.0.0.1:${portOf(program)}`;
      const ended = await command([...runArguments(out), '--address', address]);
      program.close();
      assertRefused(
        ended,
        exitCodes.environment,
        new RegExp(`^error: .* ${address} is no Temporal server, or wants TLS .* gives it that\\.$`),
      );
      assertNothingHalf(out);
    },
  };
}

/** The embedded server's, and its user interface's: it takes others then. */
function earlierOnes(): GroundCase {
  return {
    kind: 'port',
    name: 'another program at the ports of the embedded server and its user interface',
    async hold(folder) {
      const out = join(folder, 'out');
      const earlier = await serverOnce(out);
      const programs = [await take(earlier.port), await take(earlier.uiPort)];
      const ended = await command(['schedule', 'list', '--out', out]);
      for (const program of programs) program.close();
      assert.equal(ended.code, exitCodes.ok, ended.stderr);
      const now = (await readServerRecord(layoutOf(out)))!;
      assert.ok(now.port !== earlier.port && now.uiPort !== earlier.uiPort, `${now.address} ${now.uiUrl}`);
      assertNothingHalf(out);
    },
  };
}

async function serverOnce(out: string): Promise<ServerRecord> {
  await ensureServer({ out });
  const record = await readServerRecord(layoutOf(out));
  await stopServer(out);
  return record!;
}

/** It is killed, and its port is gone before the worker, stopped meanwhile, can start it again. */
function underAWorker(): GroundCase {
  return {
    kind: 'port',
    name: 'another program at the port of the server that a worker uses',
    async hold(folder) {
      const out = join(folder, 'out');
      const ending = command(['worker', '--out', out]);
      while (!/worker starts/.test(workerLog(out))) await sleep(100);
      const record = (await readServerRecord(layoutOf(out)))!;
      const [worker] = workersOf(layoutOf(out));
      process.kill(worker!, 'SIGSTOP');
      signalProcess(record, 'SIGKILL');
      while (isRunning(record)) await sleep(5);
      const program = await take(record.port);
      process.kill(worker!, 'SIGCONT');
      const ended = await ending;
      program.close();
      assertRefused(
        ended,
        exitCodes.environment,
        new RegExp(`another program took its port, ${record.address}; .* Start the worker again\\.$`),
      );
      assert.equal(await findServer(out), null, 'its new server is left');
      assertNothingHalf(out);
    },
  };
}

/** Of `ui`, where it is to listen. */
function ofThePage(): GroundCase {
  return {
    kind: 'port',
    name: 'another program at the port of ui',
    async hold(folder) {
      const out = join(folder, 'out');
      const program = await take();
      const port = String(portOf(program));
      const ended = await command(['ui', '--port', port, '--out', out]);
      program.close();
      assertRefused(
        ended,
        exitCodes.environment,
        new RegExp(`^error: .*127\\.0\\.0\\.1:${port} is in use; .*--port takes another one`),
      );
      assertNothingHalf(out);
    },
  };
}

function workerLog(out: string): string {
  try {
    return readFileSync(layoutOf(out).workerLog, 'utf8');
  } catch {
    return '';
  }
}
