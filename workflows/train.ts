/** One training: segments in a row, back to an earlier checkpoint where it diverges or the last one is lost. A child workflow of `reproduce`. */
import { ActivityFailure, ApplicationFailure, continueAsNew, getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import { failures, type Amendment, type Decision, type DivergenceDetails, type GaveUpDetails, type LostArtifact, type Salted, type TrainingResult, type TrainingSpec } from '../activities/contracts.ts';
import { trainSegment } from './proxies.ts';
import { settingsOf, startOf } from './amendments.ts';
import { accept, adjustmentOf, boundariesTo, gaveUpDecision, isBeyondMending, rollBack, stepBack, trusted, type TrainingState } from './segments.ts';
import { trainingNews } from './status.ts';
import { bestOf, stopDecision, stopReason } from './stopping.ts';

export interface TrainRequest extends Salted<{ readonly spec: TrainingSpec }> {
  /** Where a continued execution goes on; left out at the start. */
  readonly state?: TrainingState;
  /** As in the run's request: the result is what it is there. */
  readonly until?: number;
  /** The other settings it was given since it began; `spec` has the last. */
  readonly amended?: readonly Amendment[];
}

/** Throws ApplicationFailure `GaveUp`, with every decision in its details, after `recovery.maxRollbacks` rollbacks. */
export async function train(request: TrainRequest): Promise<TrainingResult> {
  const cuts = boundariesTo(request.until, request.spec.config);
  let state = request.state ?? startOf(request.spec, request.amended ?? [], now());
  while (state.segments.length < cuts.length - 1 && stopReason(request.spec, state) === null) {
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof train>({ ...request, state });
    state = await nextSegment(request, cuts, state);
    await tellRun(request.spec, state);
  }
  return resultOf(request.spec, state);
}

async function nextSegment({ spec, salt, amended = [] }: TrainRequest, cuts: readonly number[], state: TrainingState): Promise<TrainingState> {
  const done = state.segments.length;
  const segment = { fromUpdate: cuts[done]!, toUpdate: cuts[done + 1]!, adjustment: adjustmentOf(state) };
  const { settings: _, ...adjustment } = segment.adjustment;
  const asked = { ...segment, adjustment, spec: { ...spec, config: settingsOf(spec, amended, segment.adjustment) } };
  const checkpoint = state.segments.at(-1)?.checkpoint ?? null;
  try {
    return accept(state, segment, await trainSegment({ ...asked, salt, checkpoint }));
  } catch (error) {
    const lost = detailsOf<LostArtifact>(error, failures.storage);
    const before = lost && stepBack(state, spec, lost, now());
    if (before) return before;
    const divergence = detailsOf<DivergenceDetails>(error, failures.divergence);
    if (divergence === null) throw error;
    if (state.rollbacks >= spec.config.recovery.maxRollbacks || isBeyondMending(spec, divergence)) throw gaveUp(spec, divergence, state);
    return rollBack(state, spec, divergence, now());
  }
}

/** Of an activity's failure of that type; null of any other. */
function detailsOf<D>(error: unknown, type: string): D | null {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof ApplicationFailure)) return null;
  return error.cause.type === type ? error.cause.details?.[0] as D | undefined ?? null : null;
}

function gaveUp(spec: TrainingSpec, divergence: DivergenceDetails, state: TrainingState): ApplicationFailure {
  const good = trusted(state, divergence);
  const update = good.at(-1)?.toUpdate ?? 0;
  const decision = gaveUpDecision(spec, divergence, state.rollbacks, update, now());
  const details: GaveUpDetails = {
    training: divergence.training, decisions: [...state.decisions, decision],
    checkpoint: good.at(-1)?.checkpoint ?? null, update, adjustments: good.map(({ adjustment }) => adjustment),
  };
  return ApplicationFailure.create({ type: failures.gaveUp, message: decision.sentence, nonRetryable: true, details: [details] });
}

async function tellRun({ training, config }: TrainingSpec, { segments, last, decisions }: TrainingState): Promise<void> {
  const run = workflowInfo().parent;
  if (run === undefined) return;
  const update = segments.at(-1)?.toUpdate ?? 0;
  await getExternalWorkflowHandle(run.workflowId).signal(trainingNews, { training, update, updates: config.updates, last, decisions });
}

/** Its time is all of it, also what came after the checkpoint that is the result. */
function resultOf(spec: TrainingSpec, state: TrainingState): TrainingResult {
  const { training } = spec;
  const { segments, metrics, last, decisions } = state;
  const best = bestOf(spec, state);
  const stopped = best && stopDecision(spec, state, best, now());
  return {
    training,
    metrics: metrics.slice(0, best?.segments),
    segments: segments.slice(0, best?.segments),
    last: best?.last ?? last,
    checkpoint: best?.checkpoint ?? segments.at(-1)!.checkpoint,
    weights: best?.weights ?? state.weights!,
    decisions: [...decisions, ...stopped ? [stopped] : [], ...reusedDecision(training, state), ...repairedDecision(training, state)],
    seconds: segments.reduce((sum, { seconds }) => sum + seconds, 0),
    updateSeconds: segments.reduce((sum, { updateSeconds }) => sum + updateSeconds, 0),
  };
}

function reusedDecision(training: TrainingResult['training'], { segments }: TrainingState): Decision[] {
  const found = segments.filter(({ reused }) => reused);
  if (found.length === 0) return [];
  const sentence = `${training}: ${found.length} of ${segments.length} segments were found, not computed: ${found[0]!.reason}.`;
  return [{ at: now(), what: 'reused', training, sentence, details: { segments: found.length, of: segments.length } }];
}

function repairedDecision(training: TrainingResult['training'], { segments }: TrainingState): Decision[] {
  const anew = segments.filter(({ lost }) => lost);
  if (anew.length === 0) return [];
  const sentence = `${training}: ${anew.length} of ${segments.length} segments ${anew.length === 1 ? 'was' : 'were'} computed anew: ${anew[0]!.reason}.`;
  return [{ at: now(), what: 'repaired', training, sentence, details: { segments: anew.length, of: segments.length } }];
}

const now = (): string => new Date().toISOString();
