/** Samples of a training's last checkpoint, drawn while it goes on. Where the training has released that
 *  meanwhile, of the one that is the last then. */
import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import type { ReceivedCommand } from '../../activities/contracts/command.ts';
import { failures } from '../../activities/contracts/failures.ts';
import type { TrainingName } from '../../activities/contracts/names.ts';
import type { CommandAnswer } from './commands.ts';
import { drawSamples, exportModels } from '../shared/proxies.ts';
import type { RunState } from '../shared/run-state.ts';
import { modelsFor, saltOf } from './run-training.ts';
import { samplesDecision } from '../shared/command-decision.ts';

export async function showSamples(
  state: RunState,
  training: TrainingName,
  told: ReceivedCommand,
): Promise<CommandAnswer> {
  for (;;) {
    const { checkpoint } = state.newsOf(training)!;
    try {
      return await drawLast(state, training, told);
    } catch (error) {
      // a training comes to an end, and then its last one stays
      if (!isOfStorage(error) || state.newsOf(training)!.checkpoint!.sha256 === checkpoint!.sha256)
        throw error;
    }
  }
}

const isOfStorage = (error: unknown): boolean =>
  error instanceof ActivityFailure
  && error.cause instanceof ApplicationFailure
  && error.cause.type === failures.storage;

async function drawLast(
  state: RunState,
  training: TrainingName,
  told: ReceivedCommand,
): Promise<CommandAnswer> {
  const { update, checkpoint } = state.newsOf(training)!;
  const { runId, experiment, config } = state.request;
  const {
    compute: { threads },
    evaluation: { temperature, extent },
    seed,
    models,
  } = config;
  const { shape } = state.snapshot().dataset!;
  const salt = saltOf(state);
  const { flowSample, sampler } = await exportModels({
    training,
    checkpoint: checkpoint!,
    models: modelsFor(training, models),
    shape,
    threads,
    owner: { runId, experiment, config },
    salt,
  });
  const { picture } = await drawSamples({
    sampler: (flowSample ?? sampler)!,
    shape,
    evaluation: { temperature, extent },
    seed,
    threads,
    salt,
  });
  const decision = samplesDecision(training, told, update, picture);
  state.decide(decision);
  await state.record();
  return { took: true, sentence: decision.sentence };
}
