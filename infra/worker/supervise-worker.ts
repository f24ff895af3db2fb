/** A worker in a process of its own: started again if it dies, ended when we end. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Layout } from '../store/layout.ts';
import { withLock } from '../store/lock.ts';
import { users } from '../temporal/server-record.ts';
import type { QueueKind } from './queue-kinds.ts';
import type { Server } from '../temporal/server.ts';
import { exitWhenFatal, fatalMark } from './fatal-sentence.ts';
import { fatalEnd } from '../setup/unloadable.mjs';
import { typescriptArguments } from '../base/typescript-arguments.ts';
import { CounterflowError } from '../base/user-error.ts';
import { exitCodes, type ExitCode } from '../base/exit-codes.ts';

const workerMain = fileURLToPath(new URL('./main.ts', import.meta.url));
/** In a row: of workers that died before they had lived for long. One in a sweep of days may die now and
 *  then. */
const maxRestarts = 5;
const livedLongMs = 20_000;
const restartAfterMs = 1000;
const lookEveryMs = 100;
/** Longer than a worker takes to stop its compute processes. */
const stopWithinMs = 15_000;

/** `say`: what the user must know; `fatal`: why no other worker would do better. */
export interface WorkerMessage {
  readonly say?: string;
  readonly fatal?: string;
  /** Its native libraries are there, and whole. */
  readonly loaded?: true;
}

export interface WorkerSupervisor {
  /** Aborted, with a CounterflowError as its reason, when the worker has died too often. */
  readonly failed: AbortSignal;
  /** Asks the worker to finish what it must, waits for its end. */
  stop(): Promise<void>;
}

/** `own`: id of the run or sweep that it is started for; of all else that it goes on with it says so. */
export function superviseWorker(
  layout: Layout,
  server: Server,
  say: (line: string) => void,
  own?: string,
): WorkerSupervisor {
  const failed = new AbortController();
  let worker: ChildProcess;
  let restarts = 0;
  let startedAt = 0;
  let stopping = false;
  start();

  function start(): void {
    startedAt = performance.now();
    worker = spawnWorker(layout, server, own);
    let isLoaded = false;
    worker.on('message', ({ say: line, fatal, loaded }: WorkerMessage) => {
      isLoaded ||= loaded === true;
      if (line !== undefined) say(line);
      if (fatal !== undefined) failed.abort(new CounterflowError(exitCodes.environment, fatal));
    });
    worker.once('exit', (code, signal) => {
      if (stopping || failed.signal.aborted) return;
      const fatal = isLoaded ? null : fatalEnd(signal);
      if (fatal === null) void restart(signal ?? `exit code ${code}`);
      else failed.abort(new CounterflowError(exitCodes.environment, fatal));
    });
  }

  async function restart(end: string): Promise<void> {
    restarts = performance.now() - startedAt < livedLongMs ? restarts + 1 : 1;
    if (restarts > maxRestarts)
      return failed.abort(
        new CounterflowError(
          exitCodes.failed,
          `The worker died ${restarts} times in a row; why is in ${layout.workerLog}.`,
        ),
      );
    say(
      `The worker died (${end}); starting it again, ${restarts} of ${maxRestarts} in a row. Its log: `
        + `${layout.workerLog}`,
    );
    await setTimeout(restartAfterMs);
    if (!stopping) start();
  }

  return {
    failed: failed.signal,
    async stop() {
      stopping = true;
      await stopWorker(worker);
    },
  };
}

/** A worker that outlives us and ends by itself when there is nothing left to do. Resolves when it has joined
 *  the server's users. */
export async function detachWorker(
  layout: Layout,
  server: Server,
  { evenBesideOthers }: { readonly evenBesideOthers: boolean },
): Promise<void> {
  // one after another: the next one sees the worker of the one before
  await withLock(`detached worker of ${layout.out}`, async () => {
    if (evenBesideOthers || !(await hasWorker(layout))) await detach(layout, server);
  });
}

async function hasWorker(layout: Layout): Promise<boolean> {
  return (await users(layout)).some(({ pid, tends }) => tends && commandLineOf(pid).includes(workerMain));
}

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

async function detach(layout: Layout, server: Server): Promise<void> {
  const worker = withLog(layout, (log) =>
    spawn(process.execPath, [...workerCommandLine(layout, server), '--exit-when-idle'], {
      detached: true,
      stdio: ['ignore', log, log],
    }),
  );
  while (!(await users(layout)).some(({ pid }) => pid === worker.pid)) {
    if (hasEnded(worker)) throw new CounterflowError(...atItsStart(layout, worker));
    await setTimeout(lookEveryMs);
  }
  worker.unref();
}

/** It has nobody but its log to tell. */
function atItsStart({ workerLog }: Layout, { exitCode, signalCode }: ChildProcess): [ExitCode, string] {
  const said =
    exitCode === exitWhenFatal
      ? readFileSync(workerLog, 'utf8')
          .split('\n')
          .findLast((line) => line.startsWith(fatalMark))
          ?.slice(fatalMark.length)
      : fatalEnd(signalCode);
  return said
    ? [exitCodes.environment, said]
    : [exitCodes.failed, `The worker died at its start; why is in ${workerLog}.`];
}

/** In a process group of its own: Ctrl-C reaches us alone, and we end it in good order. */
function spawnWorker(layout: Layout, server: Server, own: string | undefined): ChildProcess {
  return withLog(layout, (log) =>
    spawn(
      process.execPath,
      [...workerCommandLine(layout, server), ...(own === undefined ? [] : ['--own', own])],
      { detached: true, stdio: ['ignore', log, log, 'ipc'] },
    ),
  );
}

/** All queues if none are named. A command line can be read by everybody: credentials come to the worker as
 *  they came to us, by environment and file. */
export function workerCommandLine(
  layout: Layout,
  { address, namespace, profile, credentials }: Server,
  queues: readonly QueueKind[] = [],
): string[] {
  const named = [
    '--address',
    address,
    '--namespace',
    namespace,
    ...(profile === null ? [] : ['--profile', profile]),
    ...(credentials === null ? ['--anonymous'] : []),
  ];
  return [
    ...typescriptArguments(),
    workerMain,
    '--out',
    layout.out,
    ...named,
    ...queues.flatMap((queue) => ['--queue', queue]),
  ];
}

function withLog<T>(layout: Layout, use: (log: number) => T): T {
  mkdirSync(layout.logs, { recursive: true });
  const log = openSync(layout.workerLog, 'a');
  try {
    return use(log);
  } finally {
    closeSync(log);
  }
}

async function stopWorker(worker: ChildProcess): Promise<void> {
  if (hasEnded(worker)) return;
  const exit = once(worker, 'exit');
  worker.kill('SIGTERM');
  const kill = globalThis.setTimeout(() => worker.kill('SIGKILL'), stopWithinMs);
  await exit;
  clearTimeout(kill);
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
