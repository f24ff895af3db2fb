/** What verification says of one file, and how a file is looked at: never through a link, never beyond what
 *  it should be. */
import { lstat, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { requireInside } from '../../activities/disk/file-inside.ts';
import { BadInputError } from '../../activities/ports/data-errors.ts';
import { isSystemError } from '../../activities/disk/storage-errors.ts';
import { hashOfFile } from '../store/hash-of-file.ts';

export interface Content {
  readonly sha256: string;
  readonly bytes: number;
}

/** `unlisted`: nothing says what it should be. `released`: a checkpoint that its training needed no more; it
 *  is not there, and that is well. */
export type FindingState = 'ok' | 'missing' | 'differs' | 'unlisted' | 'released';

export interface Finding {
  /** Path under the folder of runs. */
  readonly file: string;
  readonly state: FindingState;
  /** Of the run: `training contrast`, `report` ... */
  readonly part: string;
  /** null where it is not known, or there is none. */
  readonly expected: Content | null;
  readonly found: Content | null;
  /** What is wrong where the hashes of the file alone do not say it, or what could not be looked at. */
  readonly note?: string;
}

/** JSON of ours has less. */
const largestText = 256 << 20;

/** null: there is no such file. A link or a folder in its place, or on the way to it from `within`, has no
 *  content of its own. */
export async function contentOf(path: string, within: string | null): Promise<Content | 'no file' | null> {
  const found = await statOf(path);
  if (found === null) return null;
  if (!found.isFile() || !(await isInside(path, within))) return 'no file';
  // a worker that still writes into the folder may have given it another name by now
  return hashOfFile(path).then((sha256) => ({ sha256, bytes: found.size }), nullWhereGone);
}

/** null: no file of ours, or none at all. */
export async function textOf(path: string, within: string | null): Promise<string | null> {
  const found = await statOf(path);
  return found?.isFile() && found.size <= largestText && (await isInside(path, within))
    ? readFile(path, 'utf8')
    : null;
}

/** A file, by which name it is spoken of, and the folder it may not lead out of: a run's may come from
 *  elsewhere. The store may lie behind a link. */
export interface FoundPlace {
  readonly path: string;
  readonly file: string;
  readonly within: string | null;
}

/** Holds a file against what it should be. */
export async function compared(
  { path, file, within }: FoundPlace,
  part: string,
  expected: Content,
): Promise<Finding> {
  const found = await contentOf(path, within);
  const about = { file, part, expected };
  if (found === null) return { ...about, state: 'missing', found };
  if (found === 'no file')
    return { ...about, state: 'differs', found: null, note: 'it is a link or a folder, not a file' };
  return {
    ...about,
    state: found.sha256 === expected.sha256 && found.bytes === expected.bytes ? 'ok' : 'differs',
    found,
  };
}

async function isInside(path: string, within: string | null): Promise<boolean> {
  try {
    if (within !== null) await requireInside(within, dirname(path));
    return true;
  } catch (error) {
    if (error instanceof BadInputError) return false;
    throw error;
  }
}

async function statOf(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    return nullWhereGone(error);
  }
}

function nullWhereGone(error: unknown): null {
  if (isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
  throw error;
}
