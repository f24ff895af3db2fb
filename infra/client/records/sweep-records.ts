/** The sweeps of `<out>`, read without a server. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { dataFile } from '../../../activities/disk/file-inside.ts';
import type { StoredServer } from '../../../activities/contracts/run.ts';
import type { Projection, Sweep, SweepRecord } from '../../../activities/sweep/contracts.ts';
import { begunSweep, parseSweep, sweepFile, sweepText } from '../../../activities/sweep/sweep-record.ts';
import { writeAtomically, writeFirst } from '../../store/atomic-write.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { invocation } from '../../base/invocation.ts';
import { nearest } from '../../base/nearest.ts';
import { folders } from './run-records.ts';

/** One of a thousand trials has half a megabyte. */
const largest = 64 << 20;

/** Newest first. */
export async function listSweeps(out: string): Promise<SweepRecord[]> {
  return (await sweepsOf(out, await folders(out))).sort((a, b) =>
    b.sweep.base.startedAt.localeCompare(a.sweep.base.startedAt),
  );
}

/** SWEEP is an id, the unambiguous beginning of one, or `latest`. One that is named is found whatever others'
 *  records have become. Throws CounterflowError. */
export async function findSweep(out: string, name: string): Promise<SweepRecord> {
  const refused = (got: string): CounterflowError =>
    new CounterflowError(
      exitCodes.badInput,
      `Expected the id of a sweep in ${out}, the beginning of one, or latest; ${got}`,
    );
  const ids = await folders(out);
  const named = ids.includes(name) ? await sweepIn(out, name) : null;
  if (named !== null) return named;
  const matching =
    name === 'latest'
      ? (await listSweeps(out)).slice(0, 1)
      : await sweepsOf(
          out,
          ids.filter((id) => id.startsWith(name)),
        );
  if (matching.length === 1) return matching[0]!;
  if (matching.length > 1)
    throw refused(
      `${JSON.stringify(name)} begins ${matching.length}: ${matching.map(({ sweep }) => sweep.id).join(', ')}.`,
    );
  const others = (
    await Promise.all(
      ids.map((id) =>
        dataFile(out, id, sweepFile).then(
          (file) => (file ? [id] : []),
          () => [],
        ),
      ),
    )
  ).flat();
  if (others.length === 0) throw refused(`there is none. \`${invocation} sweep FILE\` starts one.`);
  const guess = nearest(name, others);
  throw refused(`got ${JSON.stringify(name)}${guess ? `; did you mean ${guess}?` : '.'}`);
}

const sweepsOf = async (out: string, ids: readonly string[]): Promise<SweepRecord[]> =>
  (await Promise.all(ids.map((id) => sweepIn(out, id)))).filter((record) => record !== null);

/** Throws CounterflowError where there is one of that id. */
export async function writeSweep(out: string, sweep: Sweep, server: StoredServer): Promise<void> {
  if (await writeFirst(join(out, sweep.id, sweepFile), sweepText(begunSweep(sweep, server)))) return;
  throw new CounterflowError(
    exitCodes.failed,
    `Expected no sweep ${sweep.id} in ${out} yet, but another command line has just begun one of `
      + 'that name; start it again.',
  );
}

/** Of a sweep that has not begun: nobody else writes its record yet. */
export async function keepProjection(out: string, id: string, projected: Projection): Promise<void> {
  const record = await sweepIn(out, id);
  if (record) await writeAtomically(join(out, id, sweepFile), sweepText({ ...record, projected }));
}

export async function removeSweep(out: string, id: string): Promise<void> {
  await rm(join(out, id), { recursive: true, force: true });
}

/** null: not a sweep's folder. Throws CounterflowError. */
export async function sweepIn(out: string, id: string): Promise<SweepRecord | null> {
  const file = await dataFile(out, id, sweepFile);
  if (file === null) return null;
  if (file.bytes > largest)
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected ${file.path} to have at most ${largest} bytes, got ${file.bytes}.`,
    );
  const record = parseSweep(await readFile(file.path, 'utf8'));
  if (record === null)
    throw new CounterflowError(
      exitCodes.failed,
      `Expected ${file.path} as it was written, but its content does not match the hash it carries. `
        + 'Remove the folder and start the sweep again: what its trials computed is found.',
    );
  if (record.sweep.id !== id)
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected ${file.path} to be of the sweep ${id}, but it is of ${JSON.stringify(record.sweep.id)}.`,
    );
  return record;
}
