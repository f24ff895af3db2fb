/** The run directories of `<out>`, read without a server: which runs there are and what is known of them. */
import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunRequest, RunStatusName } from '../../activities/contracts.ts';
import type { RunRecord } from '../../activities/run-record.ts';
import { isSystemError, writeAtomically } from '../store/atomic-write.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import { nearest } from './nearest.ts';

/** What `list` tells of a run. */
export interface RunSummary {
  readonly id: string;
  readonly experiment: string;
  readonly status: RunStatusName;
  readonly seed: number;
  readonly startedAt: string;
}

/** run.json, or the little that is known before it is written first. */
export type StoredRecord = RunSummary & Partial<RunRecord>;

/** Kept in the run's directory from before its workflow starts: what a resumed run starts from. */
export interface StoredRequest {
  readonly request: RunRequest;
  /** The Temporal server given on the command line; null: the embedded one. */
  readonly address: string | null;
}

/** Newest first. A run whose workflow has not recorded anything yet is known from its request. */
export async function listRuns(out: string): Promise<RunSummary[]> {
  const records = await Promise.all((await folders(out)).map(id => readRecord(out, id)));
  return records.filter(record => record !== null)
    .map(({ id, experiment, status, seed, startedAt }) => ({ id, experiment, status, seed, startedAt }))
    .sort((a, b) => b.startedAt.localeCompare(a.startedAt));
}

/** RUN is an id, the unambiguous beginning of one, or `latest`. Throws CliError where it names no run, or several. */
export async function findRun(out: string, name: string): Promise<string> {
  const ids = (await listRuns(out)).map(run => run.id);
  if (ids.length === 0) throw new CliError(exitCodes.badInput, `Expected a run in ${out}, found none; \`counterflow run NAME\` starts one, --out names another folder.`);
  if (name === 'latest') return ids[0]!;
  if (ids.includes(name)) return name;
  const matching = ids.filter(id => id.startsWith(name));
  if (matching.length === 1) return matching[0]!;
  if (matching.length > 1) throw new CliError(exitCodes.badInput, `Expected one run, but ${JSON.stringify(name)} begins ${matching.length}: ${matching.join(', ')}.`);
  const guess = nearest(name, ids);
  throw new CliError(exitCodes.badInput, `Expected the id of a run in ${out}, the beginning of one, or latest; got ${JSON.stringify(name)}${guess ? `; did you mean ${guess}?` : '.'}`);
}

/** run.json, or what the request says where the workflow has recorded nothing yet; null: not a run's folder. */
export async function readRecord(out: string, id: string): Promise<StoredRecord | null> {
  const record = await readJson(join(out, id, 'run.json'));
  if (record) return record as StoredRecord;
  const stored = await readRequest(out, id);
  if (!stored) return null;
  const { runId, experiment, startedAt, config } = stored.request;
  return { id: runId, experiment, status: 'running', seed: config.seed, startedAt };
}

export async function readRequest(out: string, id: string): Promise<StoredRequest | null> {
  return await readJson(requestPath(out, id)) as StoredRequest | null;
}

export async function writeRequest(out: string, stored: StoredRequest): Promise<void> {
  await writeAtomically(requestPath(out, stored.request.runId), `${JSON.stringify(stored, null, 2)}\n`);
}

export async function removeRun(out: string, id: string): Promise<void> {
  await rm(join(out, id), { recursive: true, force: true });
}

function requestPath(out: string, id: string): string {
  return join(out, id, 'request.json');
}

async function folders(out: string): Promise<string[]> {
  try {
    const entries = await readdir(out, { withFileTypes: true });
    return entries.filter(entry => entry.isDirectory() && !entry.name.startsWith('.')).map(entry => entry.name);
  } catch (error) {
    if (isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return [];
    throw error;
  }
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
    if (error instanceof SyntaxError) throw new CliError(exitCodes.failed, `Expected ${file} to be JSON, but it is not: ${error.message}.`);
    throw error;
  }
}
