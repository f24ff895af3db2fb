/** Files under a folder, by names relative to it with forward slashes, in the order of their code units: the
 *  same on every machine. What begins with a dot is left out. A link is followed where it stays in the
 *  folder. Throws where the folder cannot be read, and BadInputError for a link that leads out of it and for
 *  a name that is no UTF-8. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { requireInside } from '../disk/file-inside.ts';
import { requireUtf8 } from './require-utf8.ts';

export interface NameListing {
  readonly names: readonly string[];
  /** Links to a file or folder that has a name without them, or by an earlier one, and that name: '' is the
   *  folder itself. Such a file is listed under both names; such a folder under its first alone, for links
   *  could lead round in a circle. */
  readonly again: ReadonlyMap<string, string>;
  /** Links that lead nowhere, and what is neither a file nor a folder. */
  readonly noFiles: readonly string[];
}

interface Walk {
  readonly folder: string;
  readonly signal: AbortSignal | undefined;
  readonly names: string[];
  readonly again: Map<string, string>;
  readonly noFiles: string[];
  /** That are still to be followed. */
  readonly links: string[];
  /** First names by real path: of every folder, and of the files that a link led to. */
  readonly first: Map<string, string>;
}

export const listNames = async (folder: string, signal?: AbortSignal): Promise<string[]> => [
  ...(await listFolder(folder, signal)).names,
];

/** Links come after all the rest: what has a name without them keeps it, and no link moves another image. */
export async function listFolder(folder: string, signal?: AbortSignal): Promise<NameListing> {
  const root = await realpath(folder);
  const walk: Walk = {
    folder,
    signal,
    names: [],
    again: new Map(),
    noFiles: [],
    links: [],
    first: new Map(),
  };
  await visit(walk, root, '');
  if (walk.links.length > 0) {
    const inTree = new Set(walk.names);
    const ownName = (path: string): string | undefined => {
      const name = relative(root, path).replaceAll(sep, '/');
      return inTree.has(name) ? name : undefined;
    };
    while (walk.links.length > 0) {
      for (const name of walk.links.splice(0).sort(byCodeUnits)) await follow(walk, name, ownName);
    }
  }
  return { names: walk.names.sort(byCodeUnits), again: walk.again, noFiles: walk.noFiles.sort(byCodeUnits) };
}

/** `path` without links, `name` as it was reached. */
async function visit(walk: Walk, path: string, name: string): Promise<void> {
  walk.signal?.throwIfAborted();
  const known = walk.first.get(path);
  if (known !== undefined) return void walk.again.set(name, known);
  walk.first.set(path, name);
  const entries = await readdir(path, { withFileTypes: true });
  if (entries.some((entry) => entry.name.includes('\ufffd'))) await requireUtf8(path);
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const inside = name === '' ? entry.name : `${name}/${entry.name}`;
    if (entry.isDirectory()) await visit(walk, join(path, entry.name), inside);
    else (entry.isFile() ? walk.names : entry.isSymbolicLink() ? walk.links : walk.noFiles).push(inside);
  }
}

async function follow(
  walk: Walk,
  name: string,
  ownName: (path: string) => string | undefined,
): Promise<void> {
  const link = join(walk.folder, name);
  const target = await realpath(link).catch(() => null);
  if (target === null) return void walk.noFiles.push(name);
  await requireInside(walk.folder, link);
  const found = await stat(target);
  if (found.isDirectory()) return visit(walk, target, name);
  if (!found.isFile()) return void walk.noFiles.push(name);
  walk.names.push(name);
  const known = ownName(target) ?? walk.first.get(target);
  if (known === undefined) walk.first.set(target, name);
  else walk.again.set(name, known);
}

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
