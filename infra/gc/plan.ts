/** What could be removed from a folder of runs, and why the rest stays. Looks, and changes nothing. */
import { lstat, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Layout } from '../store/layout.ts';
import { isSystemError } from '../../activities/disk/storage-errors.ts';
import { isClaim } from '../store/claim.ts';
import { leftBehindMs } from '../store/left-behind.ts';
import { identityOf } from '../temporal/process-identity.ts';
import { needsOf } from './needs.ts';
import { readActions } from './read-actions.ts';
import { readRuns } from './read-runs.ts';

export const kinds = ['artifact', 'remembered output', 'release mark', 'temporary file', 'log'] as const;
export type RemovedKind = (typeof kinds)[number];

export interface Item {
  readonly kind: RemovedKind;
  /** Under the folder of runs. */
  readonly file: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
}

export interface RemovalPlan {
  readonly runs: number;
  readonly remove: readonly Item[];
  /** Needed by no run, but younger than was asked for, or than a run under way. */
  readonly young: readonly Item[];
}

export interface PlanOptions {
  /** Milliseconds. */
  readonly olderThan: number;
  /** What is remembered for runs to come stays. */
  readonly keepCache: boolean;
}

/** Throws RefusedError. */
export async function planRemoval(
  layout: Layout,
  { olderThan, keepCache }: PlanOptions,
): Promise<RemovalPlan> {
  const now = Date.now();
  // first what there is, then who needs it: a run that begins meanwhile is seen
  const objects = await objectsIn(layout);
  const actions = await readActions(layout.actions);
  const marks = await marksIn(layout);
  const runs = await readRuns(layout);
  const needs = needsOf(runs, actions, keepCache);
  const spoken = new Set([...actions.values()].flatMap(({ inputs, outputs }) => [...inputs, ...outputs]));
  const unneeded: Item[] = [
    ...[...objects, ...marks].filter(({ sha256 }) => !needs.objects.has(sha256)),
    ...[...actions.values()]
      .filter(({ key }) => !needs.actions.has(key))
      .map(({ key, bytes, modifiedAt }) => ({
        kind: 'remembered output' as const,
        file: relative(layout.out, join(layout.actions, `${key}.json`)),
        bytes,
        modifiedAt,
      })),
  ];
  const mayBeUsed = (item: Item): boolean =>
    item.kind === 'artifact' && !spoken.has(item.file.slice(-64)) && item.modifiedAt >= needs.underWaySince;
  const isYoung = (item: Item): boolean => item.modifiedAt > now - olderThan || mayBeUsed(item);
  const left = await leftBehind(layout, now - Math.max(olderThan, leftBehindMs));
  return {
    runs: runs.length,
    remove: [...unneeded.filter((item) => !isYoung(item)).map(asItem), ...left],
    young: unneeded.filter(isYoung).map(asItem),
  };
}

const asItem = ({ kind, file, bytes, modifiedAt }: Item): Item => ({ kind, file, bytes, modifiedAt });

async function objectsIn({ out, objects }: Layout): Promise<(Item & { sha256: string })[]> {
  const found: (Item & { sha256: string })[] = [];
  for (const folder of (await namesIn(objects)).filter((name) => /^[0-9a-f]{2}$/.test(name))) {
    for (const sha256 of (await namesIn(join(objects, folder))).filter((name) =>
      /^[0-9a-f]{64}$/.test(name),
    )) {
      const item = await itemAt(out, 'artifact', join(objects, folder, sha256));
      if (item) found.push({ ...item, sha256 });
    }
  }
  return found;
}

/** Of artifacts that are not there any more. */
async function marksIn({ out, released }: Layout): Promise<(Item & { sha256: string })[]> {
  const names = (await namesIn(released)).filter((name) => /^[0-9a-f]{64}$/.test(name));
  const items = await Promise.all(
    names.map(async (sha256) => ({
      sha256,
      item: await itemAt(out, 'release mark', join(released, sha256)),
    })),
  );
  return items.flatMap(({ sha256, item }) => (item === null ? [] : [{ ...item, sha256 }]));
}

/** Of writers, jobs and compute processes that were killed. */
async function leftBehind(layout: Layout, before: number): Promise<Item[]> {
  const { out, objects, actions, released, scratch, claims, logs } = layout;
  const inFolder = async (
    kind: RemovedKind,
    folder: string,
    is: (name: string) => boolean,
  ): Promise<(Item | null)[]> =>
    Promise.all((await namesIn(folder)).filter(is).map((name) => itemAt(out, kind, join(folder, name))));
  const isTemporary = (name: string): boolean => isClaim(name) || /^\..+\.[0-9a-f-]{36}\.tmp$/.test(name);
  const runFolders = (await namesIn(out))
    .filter((name) => !name.startsWith('.'))
    .map((name) => join(out, name));
  const items = await Promise.all([
    inFolder('temporary file', join(objects, '.incoming'), () => true),
    inFolder('temporary file', scratch, () => true),
    inFolder('temporary file', claims, () => true),
    inFolder('temporary file', trashOf(layout), () => true),
    ...[
      actions,
      released,
      ...runFolders,
      ...runFolders.flatMap((folder) =>
        ['checkpoints', 'onnx', 'evaluation', 'experiment', 'history'].map((name) => join(folder, name)),
      ),
    ].map((folder) => inFolder('temporary file', folder, isTemporary)),
    inFolder('log', logs, (name) => {
      const owner = /^compute-\w+-(\d+)-\d+\.log$/.exec(name)?.[1];
      return owner !== undefined && identityOf(Number(owner)) === null;
    }),
  ]);
  return items.flat().filter((item) => item !== null && item.modifiedAt < before) as Item[];
}

/** Where what is removed lies until it is certain that nobody has used it meanwhile. */
export const trashOf = ({ actions }: Layout): string => join(actions, '..', 'trash');

export async function itemAt(out: string, kind: RemovedKind, path: string): Promise<Item | null> {
  const found = await lstat(path).catch(orNull);
  return (
    found && {
      kind,
      file: relative(out, path),
      bytes: found.isFile() ? found.size : await sizeOf(path),
      modifiedAt: found.mtimeMs,
    }
  );
}

async function sizeOf(folder: string): Promise<number> {
  const sizes = await Promise.all(
    (await namesIn(folder)).map(async (name) => (await lstat(join(folder, name)).catch(orNull))?.size ?? 0),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

const namesIn = async (folder: string): Promise<string[]> => (await readdir(folder).catch(orNull)) ?? [];

function orNull(error: unknown): null {
  if (isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
  throw error;
}
