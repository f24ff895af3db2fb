/** Samples of a training's last checkpoint, drawn while it goes on. */
import type { ToldMessage, TrainingName } from '../activities/contracts.ts';
import type { TellAnswer } from './messages.ts';
import { drawSamples, exportModels } from './proxies.ts';
import type { RunBook } from './run-book.ts';
import { modelsFor, saltOf } from './run-training.ts';
import { samplesDecision } from './told-decision.ts';

export async function showSamples(book: RunBook, training: TrainingName, told: ToldMessage): Promise<TellAnswer> {
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
