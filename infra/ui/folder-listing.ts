/** The runs and sweeps of a folder, for a page that asks again and again: a file is read when it has changed,
 *  and one that cannot be read hides no other. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { requestFile } from '../../activities/record/record-request.ts';
import { sweepFile } from '../../activities/sweep/sweep-record.ts';
import type { SweepRecord } from '../../activities/sweep/contracts.ts';
import { folders, readRecord, summaryOf, type RunSummary } from '../client/records/run-records.ts';
import { sweepIn } from '../client/records/sweep-records.ts';

export interface Unreadable {
  readonly id: string;
  readonly reason: string;
}

export interface Listed {
  /** Newest first. */
  readonly runs: readonly RunSummary[];
  readonly sweeps: readonly SweepRecord[];
  readonly unreadable: readonly Unreadable[];
}

type Entry =
  { readonly run: RunSummary } | { readonly sweep: SweepRecord } | { readonly unreadable: Unreadable } | null;

export class FolderListing {
  readonly #out: string;
  /** By folder, with what its files looked like. */
  readonly #known = new Map<string, { readonly version: string; readonly entry: Entry }>();

  constructor(out: string) {
    this.#out = out;
  }

  async read(): Promise<Listed> {
    const names = await folders(this.#out).catch((): string[] => []);
    for (const gone of [...this.#known.keys()].filter((id) => !names.includes(id))) this.#known.delete(gone);
    const entries = await Promise.all(names.map((id) => this.#entry(id)));
    const newest = (a: string, b: string): number => b.localeCompare(a);
    return {
      runs: entries
        .flatMap((entry) => (entry && 'run' in entry ? [entry.run] : []))
        .sort((a, b) => newest(a.startedAt, b.startedAt)),
      sweeps: entries
        .flatMap((entry) => (entry && 'sweep' in entry ? [entry.sweep] : []))
        .sort((a, b) => newest(a.sweep.base.startedAt, b.sweep.base.startedAt)),
      unreadable: entries.flatMap((entry) => (entry && 'unreadable' in entry ? [entry.unreadable] : [])),
    };
  }

  async #entry(id: string): Promise<Entry> {
    const looks = await Promise.all(
      ['run.json', requestFile, sweepFile].map((name) =>
        stat(join(this.#out, id, name)).then(
          ({ mtimeMs, size }) => `${mtimeMs} ${size}`,
          () => '-',
        ),
      ),
    );
    const version = looks.join(', ');
    const known = this.#known.get(id);
    if (known?.version === version) return known.entry;
    const entry = await entryIn(this.#out, id).catch((error: unknown) => ({
      unreadable: { id, reason: error instanceof Error ? error.message : String(error) },
    }));
    this.#known.set(id, { version, entry });
    return entry;
  }
}

async function entryIn(out: string, id: string): Promise<Entry> {
  const sweep = await sweepIn(out, id);
  if (sweep !== null) return { sweep };
  const record = await readRecord(out, id);
  return record && { run: summaryOf(record) };
}
