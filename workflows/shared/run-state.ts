/** What a run knows of itself: stages, results, decisions. Answers the status query and has the record
 *  written. */
import { patched, setHandler } from '@temporalio/workflow';
import type { TrainingConfig } from '../../activities/config/experiment-config.ts';
import type { HeldCommand, ReceivedCommand } from '../../activities/contracts/command.ts';
import type { Decision } from '../../activities/contracts/decision.ts';
import type { StageName, TrainingName } from '../../activities/contracts/names.ts';
import type { RunRequest, RunSnapshot } from '../../activities/contracts/run.ts';
import { heldFor, stillHeld, wholeIn } from './held-commands.ts';
import { recordRun, recordRunAtOnce } from './proxies.ts';
import { statusQuery, trainingProgressSignal, type RunStatus, type TrainingProgress } from './status.ts';
import { commandOfDecision } from './command-decision.ts';

/** What stages find out; decisions and stages have functions of their own. */
type Findings = Partial<Omit<RunSnapshot, 'request' | 'decisions' | 'stages'>>;

/** A training that goes on. */
export interface UnderWay {
  readonly config: TrainingConfig;
  tell(message: ReceivedCommand): Promise<void>;
}

export interface RunState {
  readonly request: RunRequest;
  readonly underWay: Map<TrainingName, UnderWay>;
  /** Samples that were asked for: the same export must not go on twice at once. Null where none were. */
  drawing: Promise<unknown> | null;
  /** Keeps a message until its training has taken it. */
  hold(message: HeldCommand): void;
  /** What had been held for a training before the run was resumed. */
  heldBefore(training: TrainingName): ReceivedCommand[];
  /** What a training that begins is told from its beginning. */
  heldFor(training: TrainingName): ReceivedCommand[];
  /** What a training has told of itself last. */
  newsOf(training: TrainingName): TrainingProgress | undefined;
  /** What a training was told before the run was resumed. */
  toldBefore(training: TrainingName): ReceivedCommand[];
  snapshot(): RunSnapshot;
  note(findings: Findings): void;
  /** A training's decisions replace what was known of it before. */
  decided(by: TrainingName, decisions: readonly Decision[]): void;
  /** A decision of the run's own. */
  decide(decision: Decision): void;
  began(stage: StageName, mainLine: boolean): void;
  ended(stage: StageName): void;
  record(): Promise<void>;
  /** Where there is room for it now. */
  recordAtOnce(): Promise<void>;
}

export function openRunState(request: RunRequest): RunState {
  let known: RunSnapshot = {
    request,
    status: 'running',
    stages: {},
    decisions: [],
    dataset: null,
    trainings: {},
    models: {},
    evaluation: null,
    finishedAt: null,
    failure: null,
  };
  let current: StageName | null = null;
  const news = new Map<TrainingName, TrainingProgress>();
  const decisions = decisionsBefore(request);
  const { held: before } = wholeIn(request.held);
  let held = before;
  const snapshot = (): RunSnapshot => {
    const now = {
      ...known,
      decisions: [...decisions.values()].flat().sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
    };
    const waiting = stillHeld(held, now);
    return { ...now, ...(waiting.length > 0 && { held: waiting }) };
  };
  const decided: RunState['decided'] = (by, latest) => void decisions.set(by, latest);

  setHandler(statusQuery, () => statusOf(snapshot(), current, news));
  // One at a time: an older record must not land on a newer one.
  let written: Promise<void> = Promise.resolve();
  const record = (): Promise<void> =>
    (written = written.catch(() => undefined).then(() => recordRun(snapshot())));
  setHandler(trainingProgressSignal, (latest) => {
    const rolledBack = rollbacksIn(latest.decisions) > rollbacksIn(decisions.get(latest.training) ?? []);
    news.set(latest.training, latest);
    decided(latest.training, latest.decisions);
    // The segments after it are in the record as they end: what is resumed from there must know of it. A run
    // of an earlier version has no such record.
    if (rolledBack && patched('record-rollbacks')) void record().catch(() => undefined);
  });
  return {
    request,
    snapshot,
    decided,
    underWay: new Map(),
    drawing: null,
    hold: (message) => {
      held = [...held, message];
    },
    heldBefore: (training) => heldFor(training, before, request),
    heldFor: (training) => heldFor(training, snapshot().held ?? [], request),
    newsOf: (training) => news.get(training),
    toldBefore: (training) =>
      (decisionsBefore(request).get(training) ?? []).map((decision) => commandOfDecision(decision)!),
    decide: (decision) => void decisions.set(null, [...decisions.get(null)!, decision]),
    note: (findings) => {
      known = { ...known, ...findings };
    },
    began: (stage, mainLine) => {
      if (mainLine) current = stage;
      known = { ...known, stages: { ...known.stages, [stage]: { startedAt: workflowNow(), seconds: null } } };
    },
    ended: (stage) => {
      const { startedAt } = known.stages[stage]!;
      known = {
        ...known,
        stages: {
          ...known.stages,
          [stage]: { startedAt, seconds: (Date.now() - Date.parse(startedAt)) / 1000 },
        },
      };
    },
    record,
    recordAtOnce: () => (written = written.catch(() => undefined).then(() => recordRunAtOnce(snapshot()))),
  };
}

/** What is known from the start, by who decided it; null is the run. What a training was told stays in the
 *  record until it is told again. */
function decisionsBefore(request: RunRequest): Map<TrainingName | null, readonly Decision[]> {
  const before = new Map<TrainingName | null, Decision[]>([
    [null, [...resumption(request), ...leftOut(request)]],
  ]);
  for (const decision of request.told ?? []) {
    const told = commandOfDecision(decision);
    if (told === null || decision.training === undefined) continue;
    const by = told.message.kind === 'samples' ? null : decision.training;
    before.set(by, [...(before.get(by) ?? []), decision]);
  }
  return before;
}

/** That a new execution took up an earlier one's work. */
function resumption({ startedAt, resumedAt }: RunRequest): Decision[] {
  if (resumedAt === undefined) return [];
  return [
    {
      at: resumedAt,
      what: 'resumed',
      sentence: `The run of ${startedAt} was resumed: what it had finished is found, not computed.`,
      details: { startedAt },
    },
  ];
}

/** A schedule or a sweep goes on with any record: what is no message there is left out, and the record says
 *  so. */
function leftOut({ told = [], held, startedAt, resumedAt = startedAt }: RunRequest): Decision[] {
  const left =
    wholeIn(held).leftOut
    + told.filter((decision) => commandOfDecision(decision) === null || decision.training === undefined)
      .length;
  if (left === 0) return [];
  const sentence =
    `Left out of what the record says its trainings are to be told: ${left} `
    + `${left === 1 ? 'entry that is no message' : 'entries that are no messages'}.`;
  return [{ at: resumedAt, what: 'left-out', sentence, details: { messages: left } }];
}

const rollbacksIn = (decisions: readonly Decision[]): number =>
  decisions.filter(({ what }) => what === 'rollback').length;

function statusOf(
  known: RunSnapshot,
  stage: StageName | null,
  news: ReadonlyMap<TrainingName, TrainingProgress>,
): RunStatus {
  const { status, stages, decisions, evaluation, failure } = known;
  const trainings = Object.fromEntries(
    [...news].map(([name, { update, updates, last, paused }]) => [
      name,
      { update, updates, last, ...(paused && { paused }) },
    ]),
  );
  return {
    status,
    stage,
    stages,
    trainings,
    decisions,
    ...(evaluation && { results: evaluation.results }),
    ...(failure && { failure }),
  };
}

export const workflowNow = (): string => new Date().toISOString();
