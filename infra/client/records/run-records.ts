/** The run directories of `<out>`, read without a server: which runs there are and what is known of them. */
import { lstat, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunStatusName, TrainingName } from '../../../activities/contracts/names.ts';
import type { StoredRequest } from '../../../activities/contracts/run.ts';
import { dataFile, type DataFile } from '../../../activities/disk/file-inside.ts';
import { BadInputError } from '../../../activities/ports/data-errors.ts';
import { requestFile, requestText } from '../../../activities/record/record-request.ts';
import { headlineOf, type Headline } from '../../../activities/report/headline.ts';
import type { MetricsLine } from '../../../activities/report/contract.ts';
import type { RunRecord } from '../../../activities/record/run-record.ts';
import { isSystemError } from '../../../activities/disk/storage-errors.ts';
import { writeAtomically } from '../../store/atomic-write.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { invocation } from '../../base/invocation.ts';
import { nearest } from '../../base/nearest.ts';
import { pausedIn } from './paused-in.ts';

/** Those of long runs have some hundred kilobytes. */
const largestRecord = 64 << 20;

/** What `list` tells of a run. */
export interface RunSummary {
  readonly id: string;
  readonly experiment: string;
  readonly status: RunStatusName;
  readonly seed: number;
  readonly startedAt: string;
  /** Trainings that were told to hold; left out where none was. */
  readonly paused?: readonly TrainingName[];
  /** Left out where there are no results. */
  readonly headline?: Headline;
  /** The update that it is to end at; left out of a whole run. */
  readonly until?: number;
}

/** run.json, or the little that is known before it is written first. */
export type StoredRecord = RunSummary & Partial<RunRecord>;

/** Newest first. A run whose workflow has not recorded anything yet is known from its request. */
export async function listRuns(out: string): Promise<RunSummary[]> {
  return (await readRecords(out)).map(summaryOf).sort((a, b) => b.startedAt.localeCompare(a.startedAt));
}

export function summaryOf(record: StoredRecord): RunSummary {
  const { id, experiment, status, seed, startedAt, until } = record;
  const paused = pausedIn(record);
  const headline = headlineOf(record.results);
  return {
    id,
    experiment,
    status,
    seed,
    startedAt,
    ...(paused.length > 0 && { paused }),
    ...(headline && { headline }),
    ...(until !== undefined && { until }),
  };
}

export async function readRecords(out: string): Promise<StoredRecord[]> {
  const records = await Promise.all((await folders(out)).map((id) => readRecord(out, id)));
  return records.filter((record) => record !== null);
}

/** RUN is an id, the unambiguous beginning of one, or `latest`. A run of that very id is found whatever its
 *  record, or another's, has become. Throws CounterflowError where it names no run, or several. */
export async function findRun(out: string, name: string): Promise<string> {
  const only = await onlyBeginning(out, name);
  if (only !== null) return only;
  const ids = (await listRuns(out)).map((run) => run.id);
  if (ids.length === 0)
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected a run in ${out}, found none; \`${invocation} run NAME\` starts one, --out names `
        + 'another folder.',
    );
  if (name === 'latest') return ids[0]!;
  const matching = ids.filter((id) => id.startsWith(name));
  if (matching.length > 1)
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected one run, but ${JSON.stringify(name)} begins ${matching.length}: ${matching.join(', ')}.`,
    );
  const guess = nearest(name, ids);
  throw new CounterflowError(
    exitCodes.badInput,
    `Expected the id of a run in ${out}, the beginning of one, or latest; got `
      + `${JSON.stringify(name)}${guess ? `; did you mean ${guess}?` : '.'}`,
  );
}

/** By the folders' names alone, where these decide: of hundreds of runs no record is read but that of the one
 *  asked for. */
async function onlyBeginning(out: string, name: string): Promise<string | null> {
  if (name === 'latest' || !/^\w[\w.-]*$/.test(name)) return null;
  if (await isRun(out, name)) return name;
  const beginning = (await folders(out)).filter((id) => id.startsWith(name));
  const runs = (await Promise.all(beginning.map(async (id) => ((await isRun(out, id)) ? [id] : [])))).flat();
  return runs.length === 1 ? runs[0]! : null;
}

async function isRun(out: string, id: string): Promise<boolean> {
  // a link may lead anywhere
  if (!(await lstat(join(out, id)).catch(() => null))?.isDirectory()) return false;
  const names = await readdir(join(out, id)).catch((): string[] => []);
  return names.includes('run.json') || names.includes(requestFile);
}

/** run.json, or what the request says where the workflow has recorded nothing yet; null: not a run's
 *  folder. */
export async function readRecord(out: string, id: string): Promise<StoredRecord | null> {
  // the folder's name, whatever the file says: a folder of runs may come from elsewhere
  const record = (await readJson(out, id, 'run.json', [
    'experiment',
    'status',
    'startedAt',
  ])) as StoredRecord | null;
  if (record) return { ...record, id };
  const stored = await readRequest(out, id);
  if (!stored) return null;
  const { experiment, startedAt, config } = stored.request;
  return { id, experiment, status: 'running', seed: config.seed, startedAt };
}

export async function readRequest(out: string, id: string): Promise<StoredRequest | null> {
  const stored = (await readJson(out, id, requestFile, ['request'])) as StoredRequest | null;
  if (stored && stored.request.runId !== id)
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected ${join(out, id, requestFile)} to be of the run ${id}, but it is of `
        + `${JSON.stringify(stored.request.runId)}.`,
    );
  return stored;
}

/** Lines of metrics.jsonl, as far as they are whole: of a run that goes on the last may be half written. */
export const readMetrics = (out: string, id: string): Promise<MetricsLine[]> =>
  readLines(out, id, 'metrics.jsonl');

async function readLines(out: string, id: string, name: string): Promise<MetricsLine[]> {
  const file = await fileIn(out, id, name);
  if (!file) return [];
  return (await readFile(file.path, 'utf8')).split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as MetricsLine];
    } catch {
      return [];
    }
  });
}

/** Of the updates that led to divergences, each line marked `diverged`. */
export async function readDiverged(out: string, id: string): Promise<MetricsLine[]> {
  const names = await readdir(join(out, id, 'diverged')).catch(() => []);
  return (await Promise.all(names.sort().map((name) => readLines(out, id, join('diverged', name))))).flat();
}

export async function writeRequest(out: string, stored: StoredRequest): Promise<void> {
  await writeAtomically(join(out, stored.request.runId, requestFile), requestText(stored));
}

export async function removeRun(out: string, id: string): Promise<void> {
  await rm(join(out, id), { recursive: true, force: true });
}

/** What may be folders of runs, or of sweeps. */
export async function folders(out: string): Promise<string[]> {
  try {
    const entries = await readdir(out, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name);
  } catch (error) {
    if (isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return [];
    throw error;
  }
}

/** An object with `fields`, or null where there is no such file. */
async function readJson(out: string, id: string, name: string, fields: readonly string[]): Promise<unknown> {
  const file = await fileIn(out, id, name);
  if (!file) return null;
  const { path, bytes } = file;
  if (bytes > largestRecord)
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected ${path} to have at most ${largestRecord} bytes, got ${bytes}.`,
    );
  try {
    const value = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown> | null;
    const missing = fields.find((field) => value?.[field] === undefined);
    if (missing !== undefined)
      throw new CounterflowError(
        exitCodes.failed,
        `Expected ${path} to be a record with ${fields.join(', ')}, but it has no ${missing}.`,
      );
    return value;
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new CounterflowError(
        exitCodes.failed,
        `Expected ${path} to be JSON, but it is not: ${error.message}.`,
      );
    throw error;
  }
}

async function fileIn(out: string, id: string, name: string): Promise<DataFile | null> {
  return dataFile(out, id, name).catch((error: unknown) => {
    throw error instanceof BadInputError ? new CounterflowError(exitCodes.badInput, error.message) : error;
  });
}
