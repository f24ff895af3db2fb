/** Starts Temporal's dev server on the database of `<out>` and waits until it answers. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Layout } from '../layout.ts';
import { keepEnded, untilAnswering } from './connect.ts';
import { freePort } from './free-port.ts';
import { identityOf, signalProcess, type ProcessIdentity } from './process-identity.ts';
import { ServerError } from './server-error.ts';
import { writeRecord, type ServerRecord } from './server-record.ts';
import { temporalProgram } from './temporal-program.ts';

const attempts = 3;
const readyWithinMs = 60_000;

/** Keeps to the earlier server's ports if they are free, so that open pages and workers find the new one. Throws ServerError. */
export async function startServer(layout: Layout, namespace: string, earlier: ServerRecord | null): Promise<ServerRecord> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const preferred = attempt === 0 ? earlier : null;
    const [port, uiPort] = [await freePort(preferred?.port), await freePort(preferred?.uiPort)];
    const { identity, hasEnded } = await launch(layout, port, uiPort);
    const record = { ...identity, address: `127.0.0.1:${port}`, uiUrl: `http://127.0.0.1:${uiPort}`, port, uiPort };
    // recorded before it answers: if we are killed now, the next one finds it instead of starting a second on the same database
    await writeRecord(layout, record);
    if (await untilAnswering(record.address, namespace, readyWithinMs, hasEnded)) {
      await keepEnded(record.address, namespace);
      return record;
    }
    signalProcess(identity, 'SIGKILL');
  }
  throw new ServerError(`The Temporal server did not start. Its log, ${layout.temporalLog}, ends with:\n${await endOfLog(layout)}`);
}

async function launch(layout: Layout, port: number, uiPort: number): Promise<{ identity: ProcessIdentity; hasEnded: () => boolean }> {
  mkdirSync(layout.temporal, { recursive: true });
  mkdirSync(layout.logs, { recursive: true });
  const log = openSync(layout.temporalLog, 'a');
  const program = temporalProgram();
  const server = spawn(program, [
    'server', 'start-dev', '--ip', '127.0.0.1', '--ui-ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort),
    '--db-filename', layout.temporalDatabase, '--log-level', 'error',
  ], { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  await new Promise((resolve, reject) => {
    server.once('spawn', resolve);
    server.once('error', (error) => reject(new ServerError(`Cannot run ${program} (${error.message}). Run set-up again, or put a \`temporal\` on the PATH.`)));
  });
  server.unref();
  const identity = identityOf(server.pid!) ?? { pid: server.pid!, started: '' };
  return { identity, hasEnded: () => server.exitCode !== null || server.signalCode !== null };
}

async function endOfLog(layout: Layout): Promise<string> {
  const text = await readFile(layout.temporalLog, 'utf8').catch(() => '');
  return text.trim().split('\n').slice(-10).join('\n');
}
