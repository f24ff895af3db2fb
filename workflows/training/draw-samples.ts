/** Samples of a training's last checkpoint, drawn while it goes on. Where the training has released that meanwhile, of the one that is the last then. */
import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import type { ToldMessage } from '../../activities/contracts/command.ts';
import { failures } from '../../activities/contracts/failures.ts';
import type { TrainingName } from '../../activities/contracts/names.ts';
import type { TellAnswer } from './commands.ts';
import { drawSamples, exportModels } from '../shared/proxies.ts';
import type { RunBook } from '../shared/run-state.ts';
import { modelsFor, saltOf } from './run-training.ts';
import { samplesDecision } from '../shared/command-decision.ts';

export async function showSamples(book: RunBook, training: TrainingName, told: ToldMessage): Promise<TellAnswer> {
  for (;;) {
    const { checkpoint } = book.newsOf(training)!;
    try {
      return await drawLast(book, training, told);
    } catch (error) {
      // a training comes to an end, and then its last one stays
      if (!isOfStorage(error) || book.newsOf(training)!.checkpoint!.sha256 === checkpoint!.sha256) throw error;
    }
  }
}

const isOfStorage = (error: unknown): boolean =>
  error instanceof ActivityFailure && error.cause instanceof ApplicationFailure && error.cause.type === failures.storage;

async function drawLast(book: RunBook, training: TrainingName, told: ToldMessage): Promise<TellAnswer> {
  const { update, checkpoint } = book.newsOf(training)!;
  const { runId, experiment, config } = book.request;
  const { compute: { threads }, evaluation: { temperature, extent }, seed, models } = config;
  const { shape } = book.snapshot().dataset!;
  const salt = saltOf(book);
  const { flowSample, sampler } = await exportModels({
    training, checkpoint: checkpoint!, models: modelsFor(training, models), shape, threads, owner: { runId, experiment, config }, salt });
  const { picture } = await drawSamples({ sampler: (flowSample ?? sampler)!, shape, evaluation: { temperature, extent }, seed, threads, salt });
  const decision = samplesDecision(training, told, update, picture);
  book.decide(decision);
  await book.record();
  return { took: true, sentence: decision.sentence };
}
