/** How busy others keep the machine while something is measured on it: what is measured beside them takes
 *  longer than it would alone. */
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import type { Load } from '../../../activities/sweep/contracts.ts';
import { number } from '../../base/format.ts';
import type { RunsBeside } from './other-runs.ts';

/** Of a second: what Linux counts processor time in, on every machine. */
const ticks = 100;
/** A server, a terminal and what a system does by itself keep about a tenth of a core busy. */
const quiet = 0.25;

interface Count {
  readonly atMs: number;
  /** Seconds of all cores that were spent, those a hypervisor gave to others included. */
  readonly busy: number;
  readonly stolen: number;
  /** Of them, ours and of all processes below us. */
  readonly own: number;
  /** Cores of the machine, of which we may have fewer. */
  readonly cores: number;
}

export class LoadMeter {
  readonly #root: string;
  readonly #own: ReadonlySet<number>;
  readonly #before: Count | null;
  readonly #average = loadavg()[0]!;

  /** Begins to count. `root`: of the file system; `own`: processes that are not others, nor is what they have
   *  started. */
  constructor({
    root = '/',
    own = [process.pid],
  }: { readonly root?: string; readonly own?: readonly number[] } = {}) {
    this.#root = root;
    this.#own = new Set(own);
    this.#before = counted(root, this.#own);
  }

  /** Since then. */
  read(threads: number, { underWay: runs, unknown }: RunsBeside): Load {
    const [before, after] = [this.#before, counted(this.#root, this.#own)];
    const about = {
      cores: availableParallelism(),
      threads,
      loadAverage: this.#average,
      runs,
      ...(unknown.length > 0 && { unknownRuns: unknown }),
    };
    if (before === null || after === null || after.atMs <= before.atMs)
      return { ...about, othersBusy: null, stolen: null, beside: runs.length > 0 };
    const seconds = (after.atMs - before.atMs) / 1000;
    const othersBusy = Math.max(
      0,
      (after.busy - before.busy - Math.max(0, after.own - before.own)) / seconds,
    );
    // on a larger machine than we may use, others are in nobody's way
    const inTheWay = othersBusy > quiet && after.cores - othersBusy < about.cores;
    return {
      ...about,
      othersBusy,
      stolen: Math.max(0, (after.stolen - before.stolen) / seconds),
      beside: inTheWay || runs.length > 0,
    };
  }
}

/** Null where nobody counts. */
function counted(root: string, pids: ReadonlySet<number>): Count | null {
  const lines = contentOf(join(root, 'proc/stat'))?.split('\n') ?? [];
  const [, ...all] =
    lines
      .find((line) => line.startsWith('cpu '))
      ?.trim()
      .split(/\s+/) ?? [];
  const [user, nice, system, , , interrupts, softInterrupts, stolen = 0] = all.map(Number);
  const busy = [user, nice, system, interrupts, softInterrupts, stolen].reduce<number>(
    (sum, part) => sum + (part ?? NaN),
    0,
  );
  if (!Number.isFinite(busy)) return null;
  return {
    atMs: performance.now(),
    busy: busy / ticks,
    stolen: stolen / ticks,
    own: ownTicks(root, pids) / ticks,
    cores: lines.filter((line) => /^cpu\d/.test(line)).length,
  };
}

interface Process {
  readonly parent: number;
  /** Its own, and of those below it that have ended. */
  readonly ticks: number;
}

function ownTicks(root: string, pids: ReadonlySet<number>): number {
  const processes = new Map<number, Process>();
  for (const name of namesIn(join(root, 'proc'))) {
    const found = /^\d+$/.test(name) ? processOf(contentOf(join(root, 'proc', name, 'stat'))) : null;
    if (found) processes.set(Number(name), found);
  }
  const isOurs = (one: number): boolean =>
    pids.has(one) || (processes.has(one) && one > 1 && isOurs(processes.get(one)!.parent));
  return [...processes].reduce((sum, [one, { ticks: spent }]) => (isOurs(one) ? sum + spent : sum), 0);
}

/** Fields 4 and 14 to 17 of its stat, behind the name in brackets. Null: it has just ended. */
function processOf(stat: string | null): Process | null {
  if (stat === null) return null;
  const fields = stat.replace(/^.*\) /s, '').split(' ');
  const spent = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0);
  return Number.isFinite(spent) ? { parent: Number(fields[1]), ticks: spent } : null;
}

function contentOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** For people: whether what was measured is what it would be alone. */
export function loadSentence(load: Load): string {
  const { unknownRuns = [] } = load;
  return unknownRuns.length === 0
    ? seenSentence(load)
    : `${seenSentence(load)} Whether ${namedOrCounted(unknownRuns, 'runs')} on a server elsewhere went `
        + 'on meanwhile is not known.';
}

function seenSentence({ cores, othersBusy, stolen, loadAverage, runs, beside }: Load): string {
  const busy =
    othersBusy === null
      ? `a load average of ${loadAverage.toFixed(1)} before it began`
      : `others kept ${othersBusy.toFixed(1)} of ${cores} ${cores === 1 ? 'core' : 'cores'} busy`
        + `${stolen !== null && stolen > quiet ? `, ${stolen.toFixed(1)} of them those of a hypervisor` : ''}`;
  const underWay =
    runs.length === 0
      ? ''
      : `; ${namedOrCounted(runs, 'other runs')} ${runs.length === 1 ? 'was' : 'were'} under way`;
  if (othersBusy === null && !beside) return `What was beside the measuring is not known: ${busy}.`;
  return beside
    ? `Measured beside others: ${busy}${underWay}. Alone it takes less time; measure again when they `
        + 'have ended.'
    : `Measured with nothing beside it: ${busy}.`;
}

const shownRuns = 3;
const namedOrCounted = (runs: readonly string[], what: string): string =>
  runs.length > shownRuns ? `${number(runs.length)} ${what}` : runs.join(', ');
