/** Removes what a plan names, and nothing that has come into use since: everything is put aside first, and
 *  given back where it is needed after all. Workers may go on meanwhile. A run writes its request before it
 *  looks for remembered outputs, and storing an artifact that is there already makes it young. */
import { mkdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Layout } from '../store/layout.ts';
import { isSystemError } from '../../activities/disk/storage-errors.ts';
import { needsOf } from './needs.ts';
import { itemAt, trashOf, type Item, type RemovalPlan } from './plan.ts';
import { readActions, type KnownAction } from './read-actions.ts';
import { readRuns } from './read-runs.ts';

export interface Removal {
  readonly removed: readonly Item[];
  /** In use by now, changed, or gone. */
  readonly left: readonly Item[];
}

/** Throws RefusedError where a run or a remembered output has become unreadable since; then nothing is
 *  removed. */
export async function removePlanned(layout: Layout, { remove }: RemovalPlan): Promise<Removal> {
  const trash = trashOf(layout);
  await mkdir(trash, { recursive: true });
  const outputs = remove.filter(({ kind }) => kind === 'remembered output');
  const known = await readActions(layout.actions);
  for (const { file } of outputs) await move(join(layout.out, file), join(trash, basename(file)));
  const needed = await neededNow(layout, known).catch(async (error: unknown) => {
    for (const { file } of outputs) await move(join(trash, basename(file)), join(layout.out, file));
    throw error;
  });
  const removed: Item[] = [];
  for (const item of remove) if (await removeItem(layout, item, needed)) removed.push(item);
  await rmdir(trash).catch(() => undefined);
  return { removed, left: remove.filter((item) => !removed.includes(item)) };
}

/** By the runs that there are now, of what there was before anything was put aside and what has come
 *  since. */
async function neededNow(
  layout: Layout,
  known: ReadonlyMap<string, KnownAction>,
): Promise<(file: string) => boolean> {
  const actions = new Map([...known, ...(await readActions(layout.actions))]);
  const needs = needsOf(await readRuns(layout), actions, false);
  const unseen = new Set(
    [...actions.values()]
      .filter(({ key }) => !known.has(key))
      .flatMap(({ inputs, outputs }) => [...inputs, ...outputs]),
  );
  return (file) =>
    needs.actions.has(basename(file, '.json'))
    || needs.objects.has(basename(file))
    || unseen.has(basename(file));
}

async function removeItem(
  layout: Layout,
  { kind, file, modifiedAt }: Item,
  needed: (file: string) => boolean,
): Promise<boolean> {
  const path = join(layout.out, file);
  if (kind === 'remembered output') {
    const aside = join(trashOf(layout), basename(file));
    if (needed(file)) await move(aside, path);
    else await rm(aside, { force: true });
    return !needed(file);
  }
  if (kind !== 'artifact') {
    if (kind === 'release mark' && needed(file)) return false;
    if ((await itemAt(layout.out, kind, path))?.modifiedAt !== modifiedAt) return false;
    await rm(path, { recursive: true });
    return true;
  }
  const aside = join(trashOf(layout), basename(file));
  if (needed(file) || !(await move(path, aside))) return false;
  const used = (await stat(aside)).mtimeMs !== modifiedAt;
  if (used) await move(aside, path);
  else await rm(aside);
  return !used;
}

/** Whether it was there. */
async function move(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return false;
    throw error;
  }
}
