/** One row of the table of faults: a fault, what must hold, and a trial that injects the one and asserts the
 *  other. `npm test` runs a few trials of each row, `npm run test:faults` as many as the row asks for and
 *  keeps what they measured. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { uniform } from '../../../models/core/random.ts';
import { temporaryFolder } from '../folders.ts';

export interface Trial<S> {
  /** From 0. */
  readonly number: number;
  /** Uniform on [0, 1): the same numbers each time this trial is run. */
  readonly random: () => number;
  /** This trial's own, empty; it goes when the trial has passed. */
  readonly folder: string;
  readonly shared: S;
}

export interface Outcome {
  /** Seconds from the fault to the first sign of work going on. */
  readonly recoveryS?: number;
  /** Counts, summed over the trials in the table. */
  readonly counts?: Readonly<Record<string, number>>;
}

export interface FaultRow<S> {
  readonly fault: string;
  readonly mustHold: string;
  readonly trials: { readonly short: number; readonly long: number };
  /** Why it cannot be run here. */
  readonly skip?: string | false;
  /** Trials at once, in the long form; they wait for heartbeats more than they compute. */
  readonly atOnce?: number;
  readonly timeoutMs?: number;
  /** What all trials share: the undisturbed run, for one. */
  readonly prepare?: (folder: string) => Promise<S>;
  /** Throws where something does not hold. */
  readonly trial: (trial: Trial<S>) => Promise<Outcome | void>;
}

/** What the long form hands to a row's process. */
export interface LongForm {
  /** Lines of `LogLine` go there. */
  readonly log: string;
  /** At most so many trials; null: as many as the row asks for. */
  readonly trials: number | null;
}
export const longFormVariable = 'COUNTERFLOW_FAULTS';

export type LogLine =
  | {
      readonly kind: 'row';
      readonly fault: string;
      readonly mustHold: string;
      readonly planned: number;
      readonly skip: string | false;
    }
  | {
      readonly kind: 'trial';
      readonly number: number;
      readonly failure: string | null;
      readonly seconds: number;
      readonly outcome: Outcome;
    };

const defaultTimeoutMs = 300_000;

/** `url`: of the row's file, whose name is the row's. */
export function faultRow<S = null>(url: string, row: FaultRow<S>): void {
  const name = basename(fileURLToPath(url), '.test.ts');
  const given = process.env[longFormVariable];
  const long = given === undefined ? null : (JSON.parse(given) as LongForm);
  const planned = long ? Math.min(long.trials ?? Infinity, row.trials.long) : row.trials.short;
  const passed = long ? passedTrials(long.log) : new Set<number>();
  if (long)
    append(long.log, {
      kind: 'row',
      fault: row.fault,
      mustHold: row.mustHold,
      planned,
      skip: row.skip ?? false,
    });
  const root = temporaryFolder(`fault-${name}`);

  describe(row.fault, { skip: row.skip ?? false, concurrency: long ? (row.atOnce ?? 1) : 1 }, () => {
    let shared = null as S;
    before(
      async () => {
        if (row.prepare) shared = await row.prepare(newFolder(root, 'shared'));
      },
      { timeout: defaultTimeoutMs },
    );
    const numbers = Array.from({ length: planned }, (_, number) => number).filter(
      (number) => !passed.has(number),
    );
    if (numbers.length === 0) test(`${name}: all ${planned} trials have passed before`, () => {});
    for (const number of numbers) {
      test(
        `${name}, ${number + 1} of ${planned}: ${row.mustHold}`,
        { timeout: row.timeoutMs ?? defaultTimeoutMs },
        async () => {
          const folder = newFolder(root, `trial-${number}`);
          await logged(long, number, () =>
            row.trial({ number, random: uniform(number, name), folder, shared }),
          );
          rmSync(folder, { recursive: true, force: true });
        },
      );
    }
  });
}

async function logged(
  long: LongForm | null,
  number: number,
  trial: () => Promise<Outcome | void>,
): Promise<void> {
  const startedAt = performance.now();
  const log = (failure: string | null, outcome: Outcome): void => {
    if (long)
      append(long.log, {
        kind: 'trial',
        number,
        failure,
        seconds: (performance.now() - startedAt) / 1000,
        outcome,
      });
  };
  try {
    log(null, (await trial()) ?? {});
  } catch (error) {
    log((error as Error).message, {});
    throw error;
  }
}

const append = (file: string, line: LogLine): void => appendFileSync(file, `${JSON.stringify(line)}\n`);

export const readLog = (file: string): LogLine[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as LogLine)
    : [];

/** Of an earlier, interrupted run. */
function passedTrials(log: string): Set<number> {
  return new Set(
    readLog(log).flatMap((line) => (line.kind === 'trial' && line.failure === null ? [line.number] : [])),
  );
}

function newFolder(root: string, name: string): string {
  const folder = join(root, name);
  mkdirSync(folder);
  return folder;
}
