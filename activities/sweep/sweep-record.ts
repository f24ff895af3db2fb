/** `sweep.json`: how a sweep's record is begun, read, and grows by one result at a time. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredServer } from '../contracts/run.ts';
import { StorageError } from '../ports/errors.ts';
import type { Ports } from '../ports/ports.ts';
import { sealed, unsealed } from '../formats/sealed-json.ts';
import { bestOfSweep } from './configurations.ts';
import type { BestTrial, RecordedTrial, RungResult, Sweep, SweepRecord } from './contracts.ts';

export const sweepFile = 'sweep.json';
const indent = 1;

export const sweepText = (record: SweepRecord): string => `${sealed(record, indent)}\n`;

/** null: not what was written, byte for byte. */
export const parseSweep = (text: string): SweepRecord | null =>
  text.endsWith('\n') ? (unsealed(text.slice(0, -1), indent) as SweepRecord | null) : null;

export const begunSweep = (sweep: Sweep, server: StoredServer): SweepRecord => ({
  sweep,
  ...server,
  status: 'running',
  finishedAt: null,
  failure: null,
  repeatable: sweep.halving?.kind !== 'asynchronous',
  trials: [],
  best: null,
  order: [],
});

/** null: there is none. Throws StorageError where it is damaged. */
export async function readSweep({ runs }: Pick<Ports, 'runs'>, id: string): Promise<SweepRecord | null> {
  const path = join(runs.path(id), sweepFile);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new StorageError(`Expected to read ${path}: ${error.message}.`, path, error.code ?? 'EIO', {
      cause: error,
    });
  });
  const record = text === null ? null : parseSweep(text);
  if (text !== null && record === null)
    throw new StorageError(
      `Expected ${path} as it was written, but its content does not match the hash it carries. `
        + 'Remove it and start the sweep again: what its trials computed is found.',
      path,
      'damaged',
    );
  return record;
}

/** How many trials have no result of a rung they began, be it that somebody cancelled their run. */
export const failedOf = (trials: readonly RecordedTrial[]): number =>
  trials.filter(({ rungs }) => rungs.some(({ value }) => value === null)).length;

/** The record with a rung's result in the place of what was there. */
export function withResult(
  record: SweepRecord,
  { trial, runId, values }: Omit<RecordedTrial, 'rungs'>,
  result: RungResult,
  command: string,
): SweepRecord {
  const before = record.trials.find((one) => one.trial === trial);
  const rungs = [...(before?.rungs.filter(({ rung }) => rung !== result.rung) ?? []), result].sort(
    (a, b) => a.rung - b.rung,
  );
  const trials = [...record.trials.filter((one) => one !== before), { trial, runId, values, rungs }].sort(
    (a, b) => a.trial - b.trial,
  );
  const order = [
    ...record.order.filter((one) => one.trial !== trial || one.rung !== result.rung),
    { trial, rung: result.rung },
  ];
  const grown = { ...record, trials, order, best: bestTrial(record, { trial, runId, result, command }) };
  return { ...grown, best: bestOfSweep(grown) };
}

/** Further up is better, whatever the value; then the value; then the earlier trial. */
function bestTrial(
  { best, sweep: { objective } }: SweepRecord,
  {
    trial,
    runId,
    result: { rung, value },
    command,
  }: Omit<BestTrial, 'rung' | 'value'> & { readonly result: RungResult },
): BestTrial | null {
  if (value === null) return best?.trial === trial && best.rung === rung ? null : best;
  const one: BestTrial = { trial, runId, rung, value, command };
  if (best === null || rung > best.rung) return one;
  if (rung < best.rung) return best;
  const gain = objective.goal === 'minimise' ? best.value - value : value - best.value;
  return gain > 0 || (gain === 0 && trial <= best.trial) ? one : best;
}
