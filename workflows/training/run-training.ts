/** A training of a run as a child workflow, and what it means for the run when it gives up. */
import {
  ApplicationFailure,
  ChildWorkflowFailure,
  ParentClosePolicy,
  startChild,
} from '@temporalio/workflow';
import type { TrainingConfig } from '../../activities/config/experiment-config.ts';
import type { ArtifactRef } from '../../activities/contracts/artifact.ts';
import { failures } from '../../activities/contracts/failures.ts';
import type { TrainingName } from '../../activities/contracts/names.ts';
import type { GaveUpDetails, TrainingResult, TrainingSpec } from '../../activities/contracts/training.ts';
import { commandsToRepeat } from './overrides.ts';
import { missedDecision } from '../shared/held-commands.ts';
import { commandSignal } from './commands.ts';
import { trainingId } from '../shared/queues.ts';
import { workflowNow, type RunState } from '../shared/run-state.ts';
import { train } from './train.ts';

/** What holds a flow that was trained before. */
type TrainedFlow = { readonly checkpoint: ArtifactRef };

/** Starts from random weights, or from the flow of another checkpoint. A training that gives up ends the
 *  run. */
export async function runTraining(
  state: RunState,
  training: TrainingName,
  config: TrainingConfig,
  flow: TrainedFlow | null,
  until?: number,
): Promise<TrainingResult> {
  const { runId } = state.request;
  const amended = (state.request.amended ?? []).filter((one) => one.training === training);
  try {
    const held = state.heldFor(training);
    const told = [...commandsToRepeat(state.toldBefore(training), amended), ...held];
    const child = await startChild(train, {
      workflowId: trainingId(runId, training),
      args: [
        {
          spec: trainingSpec(state, training, config, flow),
          salt: training === 'contrast' ? saltOfContrast(state) : saltOf(state),
          ...(until !== undefined && { until }),
          ...(amended.length > 0 && { amended }),
          ...(told.length > 0 && { told }),
        },
      ],
      // Should the run end first, its trainings stop their compute processes before they go.
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    });
    state.underWay.set(training, { config, tell: (message) => child.signal(commandSignal, message) });
    // Those that came in while it was being started. All are under way before anything is awaited, so that
    // none of later overtakes them.
    const known = new Set(held.map(({ number }) => number));
    const late = state.heldFor(training).filter(({ number }) => !known.has(number));
    // it has ended by then
    await Promise.all(late.map((message) => child.signal(commandSignal, message).catch(() => undefined)));
    const result = await child.result();
    state.decided(training, result.decisions);
    for (const { message } of state.heldFor(training))
      state.decide(missedDecision(training, message, workflowNow()));
    state.note({ trainings: { ...state.snapshot().trainings, [training]: result } });
    return result;
  } catch (error) {
    const details = gaveUpIn(error);
    if (details !== null) {
      state.decided(training, details.decisions);
      state.note({ gaveUp: [...(state.snapshot().gaveUp ?? []), details] });
    }
    throw error;
  } finally {
    state.underWay.delete(training);
  }
}

/** A baseline that gives up is a result too: the record says so, its figures are absent, the run goes on. */
export async function runBaseline(
  state: RunState,
  training: TrainingName,
  config: TrainingConfig | null | undefined,
  flow: TrainedFlow | null = null,
): Promise<void> {
  if (!config) return; // a history from before there was such a section has none
  try {
    await runTraining(state, training, config, flow);
  } catch (error) {
    if (gaveUpIn(error) === null) throw error;
  }
}

export const saltOf = ({ request }: RunState): string | null => (request.fresh ? request.runId : null);
/** Of the contrast, and of what is made of it. */
export const saltOfContrast = (state: RunState): string | null =>
  state.request.contrastAnew ? state.request.runId : saltOf(state);

export function trainingSpec(
  state: RunState,
  training: TrainingName,
  config: TrainingConfig,
  flow: TrainedFlow | null,
): TrainingSpec {
  const { models, seed, compute } = state.request.config;
  const { train, test, shape } = state.snapshot().dataset!;
  return {
    training,
    config,
    models: modelsFor(training, models),
    seed: 'seed' in config ? config.seed : seed,
    threads: compute.threads,
    dataset: { train, test, shape },
    initialFlow: flow?.checkpoint ?? null,
  };
}

/** Trainings whose model is part of their own section do not depend on flow and EBM: runs that differ in
 *  those share them. */
const haveTheirOwn: ReadonlySet<TrainingName> = new Set(['vae', 'dcgan', 'features']);
export const modelsFor = <M>(training: TrainingName, models: M): M | null =>
  haveTheirOwn.has(training) ? null : models;

function gaveUpIn(error: unknown): GaveUpDetails | null {
  if (!(error instanceof ChildWorkflowFailure) || !(error.cause instanceof ApplicationFailure)) return null;
  return error.cause.type === failures.gaveUp ? (error.cause.details?.[0] as GaveUpDetails) : null;
}
