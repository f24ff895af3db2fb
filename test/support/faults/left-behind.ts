/** What is under way in a folder of runs, seen from outside: files that are not whole yet, and processors at
 *  work. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Layout } from '../../../infra/store/layout.ts';

/** Folders of jobs and of attempts, files on their way into the store, files that have not got their
 *  names. */
export function halfWritten({ out, scratch, claims, objects, actions }: Layout, runId: string): string[] {
  const within = (folder: string, counts: (name: string) => boolean = () => true): string[] =>
    existsSync(folder)
      ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
          .filter(counts)
          .map((name) => join(folder, name))
      : [];
  const isTemporary = (name: string): boolean => name.endsWith('.tmp');
  return [
    ...within(scratch),
    ...within(claims),
    ...within(join(objects, '.incoming')),
    ...within(actions, isTemporary),
    ...within(join(out, runId), isTemporary),
  ];
}

/** A worker that exports histories writes for a moment after a run's end. */
export async function assertNothingHalfWritten(
  layout: Layout,
  runId: string,
  withinMs = 2000,
): Promise<void> {
  const from = Date.now();
  let left = halfWritten(layout, runId);
  for (; left.length > 0 && Date.now() - from < withinMs; left = halfWritten(layout, runId)) await sleep(50);
  assert.deepEqual(left, []);
}

const measuredMs = 500;
/** Timers that look whether the parent is there take less. */
const restingShare = 0.1;
const ticksPerSecond = 100;

/** One that collects its garbage after a job does so once. */
const looks = 3;

/** Processes that compute: more than a tenth of a processor in each of three half seconds. */
export async function busyProcesses(pids: readonly number[]): Promise<readonly number[]> {
  let busy = pids;
  for (let look = 0; look < looks && busy.length > 0; look += 1) busy = await busyOf(busy);
  return busy;
}

async function busyOf(pids: readonly number[]): Promise<readonly number[]> {
  const before = new Map(pids.map((pid) => [pid, ticksOf(pid)]));
  await sleep(measuredMs);
  return pids.filter((pid) => {
    const [from, to] = [before.get(pid), ticksOf(pid)];
    return from != null && to != null && (to - from) / ticksPerSecond > (restingShare * measuredMs) / 1000;
  });
}

/** Processor time so far, user's and system's; null: it is gone. Source: proc(5), stat. */
function ticksOf(pid: number): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return null;
  }
}
