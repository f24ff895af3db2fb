/** A run on a disk that is filled while it works: `[unshare -rm] ... small-disk.ts PLAN`. In a mount
 *  namespace of its own a small tmpfs stands for the disk; elsewhere a limit on the size of files. Prints a
 *  DiskReport as JSON. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError } from '@temporalio/client';
import type { ArtifactRef } from '../../../activities/contracts/artifact.ts';
import { describeRun } from '../../../infra/client/runs/describe-run.ts';
import type { Layout } from '../../../infra/store/layout.ts';
import { decodeAction } from '../../../infra/store/action-record.ts';
import { artifactsIn } from '../../../infra/store/artifacts-in.ts';
import type { EndedRun } from './ended-run.ts';
import { endedRun } from './ended-run.ts';
import { computesOf, workersOf } from './processes-of.ts';
import { WorkWatcher } from './watch-work.ts';
import { Workshop } from './workshop.ts';

export interface DiskPlan {
  readonly out: string;
  readonly id: string;
  /** What lies on the small disk, relative to `out`; null: files of worker and compute processes are limited
   *  in size. */
  readonly place: string | null;
  /** There is no room from this appearance on, and a little later. */
  readonly appearance: number;
  readonly afterMs: number;
  /** So long after it was said, or where nothing has to be said. */
  readonly fullForMs: number;
  readonly says: boolean;
  /** The work waits for less time than that: its run ends, and is taken up again. */
  readonly givesUp: boolean;
}

export interface DiskReport {
  /** What a command line was told, in order. */
  readonly said: readonly string[];
  /** Files of remembered outputs that were not whole while there was no room. */
  readonly damaged: readonly string[];
  readonly remembered: number;
  /** What waits, as a command line that comes later sees it. */
  readonly seen: readonly { readonly path: string; readonly bytes: number }[];
  /** Of the run that gave up. */
  readonly failure: { readonly type: string; readonly message: string } | null;
  readonly recoveryS: number;
  readonly run: EndedRun;
}

const plan = JSON.parse(process.argv[2]!) as DiskPlan;
const megabytes = 48;
/** Less than a checkpoint has. */
const mostBytes = 5000;
const saidWithinMs = 120_000;
const patienceS = 4;

if (plan.givesUp) process.env['COUNTERFLOW_ROOM_WITHIN_S'] = String(patienceS);
const disk = plan.place === null ? null : join(plan.out, plan.place);
if (disk !== null) {
  mkdirSync(disk, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', disk]);
}
const said: string[] = [];
const workshop = await Workshop.open(plan.out, (line) => said.push(line));
const watcher = new WorkWatcher(workshop.layout);
try {
  process.stdout.write(`${JSON.stringify(await fillOnce())}\n`);
} finally {
  watcher.close();
  await workshop.close();
}
process.exit(0);

async function fillOnce(): Promise<DiskReport> {
  const failed = workshop.run(plan.id).then(
    () => null,
    (error: unknown) => error,
  );
  await Promise.race([watcher.next(() => watcher.seen.length >= plan.appearance), failed]);
  await sleep(plan.afterMs);
  const { free, fill } = disk === null ? limitFiles() : filled(join(disk, 'filler'));
  const seen = await whileFull(failed, fill);
  const whole = checkRemembered(workshop.layout);
  const failure = plan.givesUp ? describe(await failed) : null;
  const freedAt = performance.now();
  free();
  const ended = plan.givesUp
    ? workshop.run(plan.id)
    : failed.then((error) => {
        if (error) throw error;
      });
  await Promise.race([watcher.next(), ended]);
  const recoveryS = (performance.now() - freedAt) / 1000;
  await ended;
  return { said, seen, failure, recoveryS, ...whole, run: endedRun(plan.out, plan.id) };
}

/** `fill`: again, for the work removes what it has done with. */
interface Shortage {
  readonly fill: () => void;
  readonly free: () => void;
}

/** To the last byte. */
function filled(path: string): Shortage {
  const file = openSync(path, 'w');
  const fill = (): void => {
    for (const bytes of [1 << 20, 1 << 12, 1]) {
      try {
        for (;;) writeSync(file, Buffer.alloc(bytes, 1));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
  };
  fill();
  const free = (): void => {
    closeSync(file);
    rmSync(path);
  };
  return { fill, free };
}

function limitFiles(): Shortage {
  const limit = (most: string): void => {
    for (const pid of [...workersOf(workshop.layout), ...computesOf(workshop.layout)])
      execFileSync('prlimit', ['--pid', String(pid), `--fsize=${most}:`]);
  };
  limit(String(mostBytes));
  return { fill: () => {}, free: () => limit('unlimited') };
}

async function whileFull(ended: Promise<unknown>, fill: Shortage['fill']): Promise<DiskReport['seen']> {
  const seen: DiskReport['seen'][number][] = [];
  const look = async (): Promise<void> => {
    const { activities } = await describeRun(workshop.client, plan.id);
    seen.push(...activities.flatMap(({ progress }) => (progress?.phase === 'room' ? progress.room! : [])));
  };
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  const deadline = performance.now() + saidWithinMs;
  while (plan.says && said.length === 0 && !isOver && performance.now() < deadline) {
    await sleep(20);
    fill();
  }
  const until = performance.now() + plan.fullForMs;
  while (performance.now() < until && !isOver) await Promise.all([look(), sleep(500)]);
  return seen;
}

function checkRemembered({ actions, objects }: Layout): Pick<DiskReport, 'damaged' | 'remembered'> {
  const records = existsSync(actions) ? readdirSync(actions).filter((name) => name.endsWith('.json')) : [];
  const refs = records.flatMap((name): ArtifactRef[] =>
    artifactsIn(decodeAction(readFileSync(join(actions, name), 'utf8'))!.output),
  );
  const isWhole = ({ sha256 }: ArtifactRef): boolean =>
    createHash('sha256')
      .update(readFileSync(join(objects, sha256.slice(0, 2), sha256)))
      .digest('hex') === sha256;
  return {
    damaged: refs.filter((ref) => !isWhole(ref)).map(({ sha256 }) => sha256),
    remembered: records.length,
  };
}

function describe(error: unknown): DiskReport['failure'] {
  if (!(error instanceof WorkflowFailedError) || !(error.cause instanceof Error)) return null;
  return {
    type: (error.cause as Error & { type?: string }).type ?? error.cause.name,
    message: error.cause.message,
  };
}
