/** What the workflow's status and the heartbeats of its activities say together. */
import type { TrainingName } from '../../../activities/contracts/names.ts';
import type { Progress } from '../../../activities/ports/progress.ts';
import { trainingOrder } from '../../../activities/record/run-record.ts';
import type { RunStatus } from '../../../workflows/shared/status.ts';
import type { ActiveStep, RunView } from './active-step.ts';

/** An activity the server knows as scheduled or started, of the run or of one of its trainings. */
export interface PendingActivity {
  readonly activity: string;
  /** null: of the run itself. */
  readonly training: string | null;
  readonly progress: Progress | null;
  /** A worker has it; left out where that is not known. */
  readonly isStarted?: boolean;
  readonly attempt: number;
  /** Why the last attempt failed. */
  readonly failure: string | null;
  /** When the server had its last heartbeat, in milliseconds of its clock; left out where that is not known,
   *  null where it had none. */
  readonly heardAt?: number | null;
}

export interface ObservedRun {
  readonly status: RunStatus | null;
  readonly activities: readonly PendingActivity[];
}

const activityNames: Readonly<Record<string, string>> = {
  prepareDataset: 'prepare',
  recordRun: 'record',
  prepareInitialFlow: 'initial flow',
  prepareFeatures: 'features',
  featureStatistics: 'statistics',
  exportModels: 'export',
  measureUpdates: 'measure',
  evaluateDensity: 'evaluate',
  evaluateImages: 'evaluate',
  writeReport: 'report',
};

/** `previous` keeps the metrics of a training on show while its next segment loads. */
export function runView(
  observed: ObservedRun,
  about: Pick<RunView, 'runId' | 'elapsedSeconds' | 'uiUrl'>,
  previous: RunView | null,
): RunView {
  const heard = heardIn(observed, about.elapsedSeconds, previous?.heard);
  return {
    ...about,
    stage: observed.status?.stage ?? previous?.stage ?? null,
    steps: steps(observed, heard, about.elapsedSeconds, previous),
    heard,
  };
}

const keyOf = ({ activity, training }: PendingActivity): string => `${training ?? ''}/${activity}`;

/** Clocks of two machines may differ: a heartbeat's age is counted from when we saw it first. */
function heardIn(
  { activities }: ObservedRun,
  now: number,
  before: RunView['heard'] = {},
): NonNullable<RunView['heard']> {
  return Object.fromEntries(
    activities.flatMap((one) => {
      const { heardAt, isStarted } = one;
      if (heardAt === undefined || heardAt === null || !isStarted) return [];
      const known = before[keyOf(one)];
      return [[keyOf(one), known?.at === heardAt ? known : { at: heardAt, seenAt: now }]];
    }),
  );
}

/** A worker sends heartbeats each second while its activity advances, and looks come each second or two. */
const silentFromS = 6;

/** What a worker that was killed said last is no news: its rate is left out, and how long nothing was heard
 *  is said. */
function unlessSilent(step: ActiveStep, silent: number): ActiveStep {
  return silent < silentFromS ? step : { ...step, perSecond: null, silentSeconds: Math.floor(silent) };
}

function steps(
  { status, activities }: ObservedRun,
  heard: NonNullable<RunView['heard']>,
  now: number,
  previous: RunView | null,
): ActiveStep[] {
  return activities
    .filter(({ activity, progress }) => activity !== 'recordRun' || roomIn(progress))
    .sort(inTrainingOrder)
    .map((pending) => {
      const silent = now - (heard[keyOf(pending)]?.seenAt ?? now);
      if (pending.training === null) return unlessSilent(otherStep(pending), silent);
      const known = status?.trainings[pending.training as keyof RunStatus['trainings']];
      const before = previous?.steps.find((step) => step.name === pending.training);
      return unlessSilent(trainingStep(pending.training, pending, known, before), silent);
    });
}

/** The server lists them as it likes. */
function inTrainingOrder(a: PendingActivity, b: PendingActivity): number {
  const place = ({ training }: PendingActivity): number =>
    training === null ? trainingOrder.length : trainingOrder.indexOf(training as TrainingName);
  return place(a) - place(b);
}

function otherStep({ activity, progress, isStarted, attempt, failure }: PendingActivity): ActiveStep {
  return {
    name: [activityNames[activity] ?? activity, ...(progress?.training ? [progress.training] : [])].join(' '),
    phase: progress?.phase ?? (isStarted ? 'under way' : 'waiting'),
    count: progress,
    perSecond: progress?.perSecond ?? null,
    metrics: progress?.metrics ?? {},
    attempt,
    failure,
    ...waitIn(progress),
  };
}

const roomIn = (progress: Progress | null): Pick<ActiveStep, 'room'> | null =>
  progress?.room && !progress.room.over ? { room: progress.room } : null;

/** For the disk or for memory. */
const waitIn = (progress: Progress | null): Pick<ActiveStep, 'room' | 'memory'> => ({
  ...roomIn(progress),
  ...(progress?.memory && { memory: progress.memory }),
});

const isWaiting = (progress: Progress | null): boolean => progress === null || progress.phase === 'queued';

/** Between the steps of two segments the count and the metrics stay as they were. */
function trainingStep(
  name: string,
  { progress, isStarted, attempt, failure }: PendingActivity,
  known: RunStatus['trainings'][keyof RunStatus['trainings']],
  before: ActiveStep | undefined,
): ActiveStep {
  const stepping = progress?.phase === 'step' ? progress : null;
  const committed = known ? { done: known.update, total: known.updates } : null;
  return {
    name,
    attempt,
    failure,
    ...waitIn(progress),
    phase: progress?.phase ?? (isStarted ? 'under way' : known?.paused ? 'paused' : 'waiting'),
    count: stepping ?? committed ?? before?.count ?? null,
    perSecond: stepping?.perSecond ?? (isWaiting(progress) ? null : before?.perSecond) ?? null,
    // some metrics are taken now and then only: the last ones stay
    metrics: { ...before?.metrics, ...known?.last, ...stepping?.metrics },
  };
}
