/** How long a run has been worked on, execution by execution: wall time up to its record, without holds and
 *  without hours when nobody was there. */
import { sectionOf } from '../config/section-of.ts';
import type { StageName, TrainingName } from '../contracts/names.ts';
import type { RunSnapshot } from '../contracts/run.ts';
import type { RecordedExecution, RunRecord } from './run-record.ts';

/** What a record says of the time before. */
export type Earlier = Partial<
  Pick<RunRecord, 'startedAt' | 'until' | 'timings' | 'decisions' | 'executions'>
> | null;

/** Times in ms since 1970. */
export interface Clock {
  readonly now: number;
  /** Since when somebody has worked in the folder without a break; left out where that is not known, and then
   *  every hour counts. */
  readonly attendedSince?: number | undefined;
}

/** The executions of a run as its next record has them. `before`: its record so far; null where there is
 *  none. */
export function executionsWith(
  before: Earlier,
  run: RunSnapshot,
  { now, attendedSince }: Clock,
): RecordedExecution[] {
  const { request, finishedAt } = run;
  const startedAt =
    Object.values(run.stages)
      .map((stage) => stage.startedAt)
      .sort()[0] ?? null;
  const earlier =
    before === null || before.startedAt !== request.startedAt
      ? []
      : (before.executions ?? ofEarlierVersion(before, request.resumedAt, startedAt));
  // what is only computed to be measured is no work on the run
  if (startedAt === null || request.contrastAnew) return [...earlier];
  const known = earlier.find((one) => one.startedAt === startedAt) ?? {
    startedAt,
    ...(request.until !== undefined && { until: request.until }),
    seconds: 0,
    lastAt: startedAt,
  };
  const { held: _, ...on } = advanced(known, {
    now: finishedAt === null ? now : Date.parse(finishedAt),
    attendedSince,
  });
  return [
    ...earlier.filter((one) => one.startedAt !== startedAt),
    { ...on, ...(isHeld(run) && { held: true as const }) },
  ];
}

/** With a segment that has just ended in the last of them. `seconds`: what it took, which counts though all
 *  were thought to hold. */
export function executionsAfter(
  executions: readonly RecordedExecution[],
  seconds: number,
  clock: Clock,
): RecordedExecution[] {
  return executions.map((one, i) => (i === executions.length - 1 ? advanced(one, clock, seconds) : one));
}

/** `least`: seconds of work that are known of where all trainings hold. */
function advanced(
  known: RecordedExecution,
  { now, attendedSince = -Infinity }: Clock,
  least = 0,
): RecordedExecution {
  const last = Date.parse(known.lastAt);
  // what a worker computed after the last record and before its end is lost with it, and computed again
  const passed = Math.max(0, now - Math.max(last, attendedSince)) / 1000;
  const worked = known.held ? Math.min(passed, least) : passed;
  return { ...known, seconds: known.seconds + worked, lastAt: new Date(Math.max(now, last)).toISOString() };
}

/** Earlier versions kept the total of the last execution alone, with its holds. */
function ofEarlierVersion(
  { startedAt, until, timings, decisions = [] }: NonNullable<Earlier>,
  resumedAt: string | undefined,
  begun: string | null,
): RecordedExecution[] {
  const total = timings?.['totalS'];
  if (startedAt === undefined || total === undefined) return [];
  const resumed = decisions.findLast(({ what }) => what === 'resumed')?.at;
  const from = resumed ?? startedAt;
  const isSame = resumed === resumedAt && begun !== null;
  return [
    {
      startedAt: isSame ? begun : from,
      ...(until !== undefined && { until }),
      seconds: total,
      lastAt: new Date(Date.parse(from) + 1000 * total).toISOString(),
    },
  ];
}

const ownTrainings: ReadonlySet<StageName> = new Set(['features', 'pretrain', 'contrast', 'control']);

const baselines: readonly TrainingName[] = ['flow-mle', 'nce-standard', 'nce-matched', 'vae', 'dcgan'];

/** Whether every training under way has been told to pause, and nothing else goes on. */
function isHeld({ request: { config }, stages, trainings, gaveUp = [], decisions }: RunSnapshot): boolean {
  const open = Object.entries(stages).flatMap(([name, { seconds }]) =>
    seconds === null ? [name as StageName] : [],
  );
  const compared = baselines.filter((training) => sectionOf(config, training) !== null);
  const begun = open.flatMap((stage): (TrainingName | null)[] =>
    stage === 'baselines' ? compared : [ownTrainings.has(stage) ? (stage as TrainingName) : null],
  );
  const underWay = begun.filter(
    (name) =>
      name === null || (trainings[name] === undefined && !gaveUp.some(({ training }) => training === name)),
  );
  return (
    underWay.length > 0 && underWay.every((name) => name !== null && lastOrder(decisions, name) === 'pause')
  );
}

function lastOrder(decisions: RunSnapshot['decisions'], of: TrainingName): unknown {
  const orders = decisions.flatMap(({ what, training, details }) =>
    what === 'told' && training === of ? [details['message']] : [],
  );
  return orders.findLast((order) => order === 'pause' || order === 'resume');
}
