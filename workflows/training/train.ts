/** One training: segments in a row, back to an earlier checkpoint where it diverges or the last one is lost.
 *  A child workflow of `reproduce`. */
import {
  ActivityFailure,
  ApplicationFailure,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  patched,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { ArtifactRef, LostArtifact, Salted } from '../../activities/contracts/artifact.ts';
import type { ReceivedCommand } from '../../activities/contracts/command.ts';
import type { Decision } from '../../activities/contracts/decision.ts';
import { failures } from '../../activities/contracts/failures.ts';
import type {
  Override,
  DivergenceDetails,
  GaveUpDetails,
  TrainingResult,
  TrainingSpec,
} from '../../activities/contracts/training.ts';
import { overriddenSettings, startingState } from './overrides.ts';
import { dueIn, applyCommand } from './apply-command.ts';
import { commandSignal } from './commands.ts';
import { releaseCompute, trainSegment } from '../shared/proxies.ts';
import { releaseAtEnd, releaseSuperseded } from './release-superseded.ts';
import {
  accept,
  adjustmentOf,
  boundaryOf,
  segmentBoundaries,
  segmentBoundariesTo,
  gaveUpDecision,
  isBeyondMending,
  rollBack,
  stepBack,
  beforeDivergence,
  updatesOf,
  warned,
  type TrainingState,
} from './segments.ts';
import { metricsQuery, trainingProgressSignal } from '../shared/status.ts';
import { bestCandidate, stopDecision, stopReason } from './early-stopping.ts';
import { commandDecision } from '../shared/command-decision.ts';

export interface TrainRequest extends Salted<{ readonly spec: TrainingSpec }> {
  /** Where a continued execution goes on; left out at the start. */
  readonly state?: TrainingState;
  /** As in the run's request: the result is what it is there. */
  readonly until?: number;
  /** The other settings it was given since it began; `spec` has the last. */
  readonly amended?: readonly Override[];
  /** What it has been told and has not heeded yet; left out where that is nothing. */
  readonly told?: readonly ReceivedCommand[];
}

/** Throws ApplicationFailure `GaveUp`, with every decision in its details, after `recovery.maxRollbacks`
 *  rollbacks. */
export async function train(request: TrainRequest): Promise<TrainingResult> {
  const { told: earlier = [], ...rest } = request;
  const { spec, amended = [] } = rest;
  // one that was begun by an earlier version keeps them all: what it does next is in its history already
  const releases = patched('release-checkpoints');
  const hasMore = (reached: TrainingState): boolean =>
    reached.segments.length < segmentBoundariesTo(request.until, segmentBoundaries(spec, reached)).length - 1;
  const told = [...earlier];
  setHandler(commandSignal, (message) => void told.push(message));
  let state = request.state ?? startingState(spec, amended, now());
  setHandler(metricsQuery, () => state.metrics);
  for (let again: TrainingState | null = state; again !== null; again = beforeReleasedResult(spec, state)) {
    state = again;
    while (stopReason(spec, state) === null && (hasMore(state) || isToGoOn(state, told))) {
      if (dueIn(state, told).length > 0) state = await listen(request, state, told);
      if (!hasMore(state)) break;
      if (workflowInfo().continueAsNewSuggested)
        await continueAsNew<typeof train>({ ...rest, state, ...(told.length > 0 && { told }) });
      state = await nextSegment(request, state, told);
      if (releases) state = await releaseSuperseded(request, state);
      await tellRun(spec, state, told);
    }
  }
  if (releases) state = await releaseAtEnd(request, state);
  return resultOf(spec, state, told);
}

/** Where the training has to go on from once more, for the checkpoint that is its result had been released,
 *  by a run that went further; null where it is there. */
function beforeReleasedResult(spec: TrainingSpec, state: TrainingState): TrainingState | null {
  const { sha256 } = resultingCheckpoint(spec, state);
  const isReleased = state.segments.some(
    ({ checkpoint, released }) => released && checkpoint.sha256 === sha256,
  );
  return isReleased ? stepBack(state, spec, { sha256, how: 'missing' }, now()) : null;
}

/** One that has made all its updates may still be told to make more. */
const isToGoOn = (state: TrainingState, told: readonly ReceivedCommand[]): boolean =>
  dueIn(state, told).some(({ message }) => message.kind === 'extend');

/** Heeds what is due, and holds while it is told to. Takes from `told` what it has heeded. */
async function listen(
  { spec, amended = [] }: TrainRequest,
  before: TrainingState,
  told: ReceivedCommand[],
): Promise<TrainingState> {
  let state = before;
  for (let released = false; ; released = true) {
    for (const message of dueIn(state, told)) {
      state = applyCommand(state, spec, message);
      told.splice(told.indexOf(message), 1);
    }
    await tellRun(spec, state, told);
    if (!state.paused) return state;
    if (!released)
      void release({
        ...spec,
        config: overriddenSettings(spec, amended, state.segments.at(-1)?.adjustment ?? state.adjustment),
      });
    await condition(() => dueIn(state, told).length > 0);
  }
}

/** Nobody waits for it: cores that others hold must not keep a message from being heard, nor does a training
 *  fail for it. */
const release = (spec: TrainingSpec): Promise<void> => releaseCompute(spec).catch(() => undefined);

async function nextSegment(
  { spec, salt, amended = [] }: TrainRequest,
  state: TrainingState,
  told: readonly ReceivedCommand[],
): Promise<TrainingState> {
  const cuts = segmentBoundaries(spec, state);
  const done = state.segments.length;
  const segment = { fromUpdate: cuts[done]!, toUpdate: cuts[done + 1]!, adjustment: adjustmentOf(state) };
  const { settings: _, ...adjustment } = segment.adjustment;
  const asked = {
    ...segment,
    adjustment,
    spec: { ...spec, config: overriddenSettings(spec, amended, segment.adjustment) },
  };
  const checkpoint = state.segments.at(-1)?.checkpoint ?? null;
  try {
    const result = await trainSegment({
      ...asked,
      salt,
      checkpoint,
      ...(segment.toUpdate <= (state.wholeTo ?? 0) && { whole: true }),
    });
    return warned(accept(state, segment, result), spec, result.warnings, now());
  } catch (error) {
    const lost = detailsOf<LostArtifact>(error, failures.storage);
    const before = lost && stepBack(state, spec, lost, now());
    if (before) return before;
    const divergence = detailsOf<DivergenceDetails>(error, failures.divergence);
    if (divergence === null) throw error;
    if (
      state.rollbacks >= spec.config.recovery.maxRollbacks
      || isBeyondMending(spec, divergence, state.rollbacks)
    )
      throw gaveUp(spec, divergence, state, told);
    return rollBack(state, spec, divergence, now());
  }
}

/** Of an activity's failure of that type; null of any other. */
function detailsOf<D>(error: unknown, type: string): D | null {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof ApplicationFailure)) return null;
  return error.cause.type === type ? ((error.cause.details?.[0] as D | undefined) ?? null) : null;
}

function gaveUp(
  spec: TrainingSpec,
  divergence: DivergenceDetails,
  state: TrainingState,
  told: readonly ReceivedCommand[],
): ApplicationFailure {
  const good = beforeDivergence(state, divergence);
  const update = good.at(-1)?.toUpdate ?? 0;
  const decision = gaveUpDecision(spec, divergence, state.rollbacks, update, now());
  const details: GaveUpDetails = {
    training: divergence.training,
    decisions: [...decisionsOf(spec, state, told), decision],
    checkpoint: good.at(-1)?.checkpoint ?? null,
    update,
    border: boundaryOf(state),
    adjustments: good.map(({ adjustment }) => adjustment),
  };
  return ApplicationFailure.create({
    type: failures.gaveUp,
    message: decision.sentence,
    nonRetryable: true,
    details: [details],
  });
}

async function tellRun(
  spec: TrainingSpec,
  state: TrainingState,
  told: readonly ReceivedCommand[],
): Promise<void> {
  const run = workflowInfo().parent;
  if (run === undefined) return;
  const { segments, last, paused } = state;
  const { toUpdate: update = 0, checkpoint } = segments.at(-1) ?? {};
  await getExternalWorkflowHandle(run.workflowId).signal(trainingProgressSignal, {
    training: spec.training,
    update,
    updates: updatesOf(spec, state),
    last,
    decisions: decisionsOf(spec, state, told),
    ...(checkpoint && { checkpoint }),
    ...(paused && { paused }),
  });
}

/** Also what it has yet to heed again: the record of a run that was resumed must not forget it. */
const decisionsOf = (
  { training }: TrainingSpec,
  { decisions }: TrainingState,
  told: readonly ReceivedCommand[],
): Decision[] => [
  ...decisions,
  ...told.flatMap((message) => (message.due ? [commandDecision(training, message, message.due, null)] : [])),
];

/** Its time is all of it, also what came after the checkpoint that is the result. */
function resultOf(
  spec: TrainingSpec,
  state: TrainingState,
  told: readonly ReceivedCommand[],
): TrainingResult {
  const { training } = spec;
  const { segments, metrics, last } = state;
  const best = bestCandidate(spec, state);
  const stopped = best && stopDecision(spec, state, best, now());
  return {
    training,
    metrics: metrics.slice(0, best?.segments),
    segments: segments.slice(0, best?.segments),
    last: best?.last ?? last,
    checkpoint: resultingCheckpoint(spec, state),
    weights: best?.weights ?? state.weights!,
    decisions: [
      ...decisionsOf(spec, state, told),
      ...(stopped ? [stopped] : []),
      ...reusedDecision(training, state),
      ...repairedDecision(training, state),
    ],
    seconds: segments.reduce((sum, { seconds }) => sum + seconds, 0),
    updateSeconds: segments.reduce((sum, { updateSeconds }) => sum + updateSeconds, 0),
  };
}

const resultingCheckpoint = (spec: TrainingSpec, state: TrainingState): ArtifactRef =>
  bestCandidate(spec, state)?.checkpoint ?? state.segments.at(-1)!.checkpoint;

function reusedDecision(training: TrainingResult['training'], { segments }: TrainingState): Decision[] {
  const found = segments.filter(({ reused }) => reused);
  if (found.length === 0) return [];
  const sentence =
    `${training}: ${found.length} of ${segments.length} segments were found, not computed: `
    + `${found[0]!.reason}.`;
  return [
    {
      at: now(),
      what: 'reused',
      training,
      sentence,
      details: { segments: found.length, of: segments.length },
    },
  ];
}

function repairedDecision(training: TrainingResult['training'], { segments }: TrainingState): Decision[] {
  const anew = segments.filter(({ lost }) => lost);
  if (anew.length === 0) return [];
  const sentence =
    `${training}: ${anew.length} of ${segments.length} segments ${anew.length === 1 ? 'was' : 'were'} `
    + `computed anew: ${anew[0]!.reason}.`;
  return [
    {
      at: now(),
      what: 'repaired',
      training,
      sentence,
      details: { segments: anew.length, of: segments.length },
    },
  ];
}

const now = (): string => new Date().toISOString();
