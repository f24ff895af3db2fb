/** Every run of a folder, as far as it says what it needs. One that cannot be read could need anything. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunRequest } from '../../activities/contracts/run.ts';
import { sweepFile } from '../../activities/sweep/sweep-record.ts';
import type { RunRecord } from '../../activities/record/run-record.ts';
import type { Layout } from '../store/layout.ts';
import { isSystemError } from '../../activities/disk/storage-errors.ts';
import { verifyRecords } from '../verify/verify-record.ts';
import { RefusedError } from './refused.ts';

export interface KnownRun {
  readonly id: string;
  /** null: nothing was recorded yet. */
  readonly record: Partial<RunRecord> | null;
  readonly request: RunRequest | null;
}

/** What only runs have in their folders, beside record and request. */
const traces = ['metrics.jsonl', 'checkpoints', 'history', 'tensorboard'];

/** Throws RefusedError where a run's record is missing, damaged, or not to be reached. */
export async function readRuns(layout: Layout): Promise<KnownRun[]> {
  const runs = await Promise.all(
    (await entriesOf(layout.out)).map(async (entry) => {
      if (entry.isSymbolicLink())
        throw refused(
          join(layout.out, entry.name),
          'is a link, and what runs behind it need is not known: put the folder itself in its place, '
            + 'or remove the link',
        );
      return entry.isDirectory() ? readRun(layout, entry.name) : null;
    }),
  );
  return runs.filter((run) => run !== null);
}

/** Null: the folder is none of a run. Throws RefusedError. */
export async function readRun(layout: Layout, id: string): Promise<KnownRun | null> {
  const { record, stored, findings } = await verifyRecords(layout, id);
  for (const { file, state, note } of findings) {
    if (state === 'differs')
      throw refused(
        join(layout.out, file),
        `cannot be read (${note}): \`verify ${id}\` says what to do; or remove the run's folder`,
      );
  }
  if (record === null && stored === null) {
    const names = (await entriesOf(join(layout.out, id))).map(({ name }) => name);
    if (names.includes(sweepFile)) return null; // its trials are runs of their own
    if (names.some((name) => traces.includes(name)))
      throw refused(
        join(layout.out, id),
        'has files of a run, but neither run.json nor request.json: remove the folder if it is not needed',
      );
    return null;
  }
  return { id, record, request: stored?.request ?? null };
}

const refused = (path: string, why: string): RefusedError =>
  new RefusedError(`Nothing is removed, for what is needed cannot be said: ${path} ${why}.`);

async function entriesOf(folder: string) {
  try {
    return (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'));
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return [];
    throw error;
  }
}
