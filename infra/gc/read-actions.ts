/** Everything the store remembers, by key, with the artifacts it came from and those it made. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../../activities/disk/storage-errors.ts';
import { decodeAction, type ActionRecord } from '../store/action-record.ts';
import { artifactsIn } from '../store/artifacts-in.ts';
import { RefusedError } from './refused.ts';

export interface KnownAction {
  readonly key: string;
  readonly action: ActionRecord;
  /** SHA-256 of artifacts. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly bytes: number;
  readonly modifiedAt: number;
}

/** Throws RefusedError where one is damaged: the artifacts it stands for would be taken for nobody's. */
export async function readActions(folder: string): Promise<Map<string, KnownAction>> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isSystemError(error) && error.code === 'ENOENT') return [];
    throw error;
  });
  const actions = new Map<string, KnownAction>();
  for (const name of names.filter((file) => file.endsWith('.json') && !file.startsWith('.'))) {
    const known = await readAction(join(folder, name), name.replace(/\.json$/, ''));
    if (known) actions.set(known.key, known);
  }
  return actions;
}

async function readAction(path: string, key: string): Promise<KnownAction | null> {
  const [text, found] = await Promise.all([readFile(path, 'utf8'), stat(path)]).catch((error: unknown) => {
    if (isSystemError(error) && error.code === 'ENOENT') return [null, null] as const;
    throw error;
  });
  if (text === null) return null;
  const action = decodeAction(text);
  if (action === null) {
    throw new RefusedError(
      `Nothing is removed, for what is needed cannot be said: ${path} is damaged, and with it the `
        + 'names of the artifacts it stands for. Remove it: what it stands for is computed anew where it '
        + 'is needed.',
    );
  }
  const hashes = (value: unknown): string[] => artifactsIn(value).map(({ sha256 }) => sha256);
  return {
    key,
    action,
    inputs: hashes(action.spec),
    outputs: hashes(action.output),
    bytes: found.size,
    modifiedAt: found.mtimeMs,
  };
}
