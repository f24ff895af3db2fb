/** Starts Temporal's dev server on the database of `<out>` and waits until it answers. */
import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { makeFolder } from '../../activities/disk/make-folder.ts';
import { withStorageErrors } from '../../activities/disk/storage-errors.ts';
import type { Layout } from '../store/layout.ts';
import { keepEnded, untilAnswering } from './connect.ts';
import { freePort } from './free-port.ts';
import { identityOf, signalProcess, type ProcessIdentity } from './process-identity.ts';
import { ServerError } from './server-error.ts';
import { writeRecord, type ServerRecord } from './server-record.ts';
import { isUnreadable, setAside } from './set-aside.ts';
import { temporalProgram } from './temporal-program.ts';
import { withoutServerSettings } from '../base/without-server-settings.ts';

const attempts = 3;
const readyWithinMs = 60_000;

export interface Started {
  readonly record: ServerRecord;
  /** Where an earlier database is now that could not be read; null: there was none. */
  readonly setAside: string | null;
}

/** Keeps to the earlier server's ports if they are free, so that open pages and workers find the new one.
 *  Throws ServerError. */
export async function startServer(
  layout: Layout,
  namespace: string,
  earlier: ServerRecord | null,
): Promise<Started> {
  let kept: string | null = null;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const preferred = attempt === 0 || kept !== null ? earlier : null;
    const [port, uiPort] = [await freePort(preferred?.port), await freePort(preferred?.uiPort)];
    const { identity, hasEnded, logFrom } = await launch(layout, port, uiPort);
    const record = {
      ...identity,
      address: `127.0.0.1:${port}`,
      uiUrl: `http://127.0.0.1:${uiPort}`,
      port,
      uiPort,
    };
    // recorded before it answers: if we are killed now, the next one finds it instead of starting a second on
    // the same database
    await writeRecord(layout, record);
    if (await untilAnswering(record.address, namespace, readyWithinMs, hasEnded)) {
      await keepEnded(record.address, namespace);
      return { record, setAside: kept };
    }
    signalProcess(identity, 'SIGKILL');
    if (hasEnded() && isUnreadable(await logOf(layout, logFrom)))
      kept ??= setAside(layout.temporalDatabase, new Date());
  }
  throw new ServerError(
    `The Temporal server did not start${await lastWords(layout)}. Its log is ${layout.temporalLog}; `
      + 'run the command again, or name a server of yours with --address.',
  );
}

interface Launched {
  readonly identity: ProcessIdentity;
  readonly hasEnded: () => boolean;
  /** Where in the log its lines begin. */
  readonly logFrom: number;
}

async function launch(layout: Layout, port: number, uiPort: number): Promise<Launched> {
  const log = await withStorageErrors(layout.temporalLog, async () => {
    for (const folder of [layout.temporal, layout.logs]) await makeFolder(folder);
    return openSync(layout.temporalLog, 'a');
  });
  const logFrom = fstatSync(log).size;
  const program = temporalProgram();
  const server = spawn(
    program,
    [
      'server',
      'start-dev',
      '--ip',
      '127.0.0.1',
      '--ui-ip',
      '127.0.0.1',
      '--port',
      String(port),
      '--ui-port',
      String(uiPort),
      '--db-filename',
      layout.temporalDatabase,
      '--log-level',
      'error',
      // it asks nobody on the internet whether there is a newer one
    ],
    {
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...withoutServerSettings(process.env), TEMPORAL_VERSION_CHECK_DISABLED: '1' },
    },
  );
  closeSync(log);
  await new Promise((resolve, reject) => {
    server.once('spawn', resolve);
    server.once('error', (error) =>
      reject(
        new ServerError(
          `Cannot run ${program} (${error.message}). Run \`npm start -- doctor\`, which sets it up, `
            + `or put a \`temporal\` on the PATH.`,
        ),
      ),
    );
  });
  server.unref();
  const identity = identityOf(server.pid!) ?? { pid: server.pid!, started: '' };
  return { identity, hasEnded: () => server.exitCode !== null || server.signalCode !== null, logFrom };
}

/** What it said of its end, if anything. */
async function lastWords(layout: Layout): Promise<string> {
  const last = (await logOf(layout, 0)).trim().split('\n').at(-1)!;
  return last === '' ? '' : `: ${last.slice(0, 300)}`;
}

async function logOf(layout: Layout, from: number): Promise<string> {
  return (await readFile(layout.temporalLog).catch(() => Buffer.alloc(0))).subarray(from).toString();
}
