/** The record of a sweep by its name: `<out>/<sweep>/sweep.json`. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dataFile } from '../../../activities/datasets/data-file.ts';
import type { ReportedSweep } from '../../../activities/report/sweep/sweep-result.ts';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { nearest } from '../nearest.ts';
import { findSweep as findIn } from '../sweep/sweep-files.ts';

const file = 'sweep.json';

/** SWEEP is an id, the unambiguous beginning of one, or `latest`. Throws CliError. */
export async function readSweep(out: string, name: string): Promise<ReportedSweep> {
  const id = await findSweep(out, name);
  const path = join(out, id, file);
  try {
    const record = JSON.parse(await readFile(path, 'utf8')) as Partial<ReportedSweep> | null;
    if (record?.sweep?.parameters && Array.isArray(record.trials)) return record as ReportedSweep;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new CliError(exitCodes.failed, `Expected ${path} to be the record of a sweep, but it is not.`);
}

async function findSweep(out: string, name: string): Promise<string> {
  if (name === 'latest') return (await findIn(out, name)).sweep.id;
  const entries = await readdir(out, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map((entry) => entry.name);
  const sweeps = (await Promise.all(folders.map(async (id) => await dataFile(out, id, file) ? [id] : []))).flat();
  if (sweeps.includes(name)) return name;
  const matching = sweeps.filter((id) => id.startsWith(name));
  if (matching.length === 1) return matching[0]!;
  if (matching.length > 1) throw new CliError(exitCodes.badInput, `Expected one sweep, but ${JSON.stringify(name)} begins ${matching.length}: ${matching.join(', ')}.`);
  const guess = nearest(name, sweeps);
  const known = guess ? `; did you mean ${guess}?` : sweeps.length > 0 ? `; there are ${sweeps.join(', ')}.` : '; there is none, and --out names another folder.';
  throw new CliError(exitCodes.badInput, `Expected the name of a sweep in ${out}, got ${JSON.stringify(name)}${known}`);
}
