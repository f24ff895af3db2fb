/** What a worker and the processes it has started hold of the machine, as /proc and the disk show it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Layout } from '../../../infra/store/layout.ts';
import { halfWritten } from './left-behind.ts';
import { workersOf } from './processes-of.ts';

export interface Holdings {
  /** Programs, the worker's first, in the order of their ids. */
  readonly programs: readonly string[];
  /** Open files, sockets and pipes of all of them. */
  readonly descriptors: number;
  /** Names in the folder for temporary files, and of what is half-written in the folder of runs. */
  readonly temporary: readonly string[];
  readonly logs: number;
}

export interface Memory {
  readonly workerKiB: number;
  /** Of what it started, in sum. */
  readonly computesKiB: number;
}

export function holdingsOf(layout: Layout, temporaryFiles: string): Holdings {
  const pids = familyOf(layout);
  return {
    programs: pids.map(programOf),
    descriptors: pids.reduce((sum, pid) => sum + namesIn(`/proc/${pid}/fd`).length, 0),
    temporary: [
      ...namesIn(temporaryFiles).filter((name) => !isCompilersCache(name)),
      ...halfWritten(layout, '.'),
    ],
    logs: namesIn(layout.logs).length,
  };
}

export function memoryOf(layout: Layout): Memory {
  const [worker, ...rest] = familyOf(layout).map(residentKiB);
  return { workerKiB: worker!, computesKiB: rest.reduce((sum, kib) => sum + kib, 0) };
}

/** The holdings once they are those of `before`, or as they are when they do not get there: a file or
 *  connection may be open for a moment. */
export async function settledHoldings(
  before: Holdings,
  look: () => Holdings,
  withinMs = 10_000,
): Promise<Holdings> {
  const deadline = Date.now() + withinMs;
  let now = look();
  while (JSON.stringify(now) !== JSON.stringify(before) && Date.now() < deadline) {
    await sleep(100);
    now = look();
  }
  return now;
}

/** As the least that a few looks in a row see. */
export async function restingHoldings(look: () => Holdings): Promise<Holdings> {
  const looks: Holdings[] = [];
  for (let i = 0; i < 10; i += 1) {
    looks.push(look());
    await sleep(100);
  }
  return looks.reduce((least, one) =>
    one.descriptors + one.temporary.length < least.descriptors + least.temporary.length ? one : least,
  );
}

/** NODE_OPTIONS under which a program collects its garbage once a second, so that its memory is what it
 *  holds: left alone, a process of Node's grows by tens of MiB for hundreds of small trainings before it
 *  collects any. */
export function collectingOptions(): string {
  const program = `import { setFlagsFromString } from 'node:v8'; import { runInNewContext } from 'node:vm'; import { isMainThread } from 'node:worker_threads';
    if (isMainThread) { setFlagsFromString('--expose-gc'); setInterval(runInNewContext('gc'), 1000).unref(); }`;
  return `--import=data:text/javascript;base64,${Buffer.from(program).toString('base64')}`;
}

/** tsx keeps what it has compiled. */
export const isCompilersCache = (name: string): boolean => name.startsWith('tsx-');

/** The worker, and what it has started, directly or not. */
function familyOf(layout: Layout): number[] {
  const parents = new Map(
    namesIn('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .map((pid) => [pid, parentOf(pid)]),
  );
  const family = workersOf(layout);
  for (const pid of family)
    family.push(
      ...[...parents]
        .filter(([, parent]) => parent === pid)
        .map(([child]) => child)
        .sort((a, b) => a - b),
    );
  return family;
}

const parentOf = (pid: number): number =>
  Number(
    readOrEmpty(`/proc/${pid}/stat`)
      .replace(/^.*\) /s, '')
      .split(' ')[1],
  );
const residentKiB = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readOrEmpty(`/proc/${pid}/status`))?.[1] ?? 0);
const programOf = (pid: number): string =>
  readOrEmpty(`/proc/${pid}/cmdline`)
    .split('\0')
    .find((word, i) => (i === 0 ? !/\/node$/.test(word) : /^\/.*\.ts$/.test(word)))
    ?.replace(/^.*\//, '') ?? '';

/** A process, and a folder of its, can be gone between two looks. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(join(folder)).sort();
  } catch {
    return [];
  }
}
