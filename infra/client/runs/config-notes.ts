/** What a configuration asks for that is allowed, and seldom meant: said before a run begins and beside its
 *  estimate. */
import type { ExperimentConfig } from '../../../activities/config/experiment-config.ts';
import { endlessWarmups } from '../../../activities/config/warm-ups.ts';

/** A sentence each; none where nothing is to be said. */
export function configNotes(config: ExperimentConfig): string[] {
  return [
    ...endlessWarmups(config).map(
      ({ path, value, effect }) => `${path} = ${value} is no less than the training has: ${effect}.`,
    ),
    ...batchNotes(config),
  ];
}

/** The control has a section of its own, which does not follow when the pretraining's is set. */
function batchNotes({ pretrain, baselines: { control } }: ExperimentConfig): string[] {
  if (pretrain === null || control === null || pretrain.batchSize === control.batchSize) return [];
  return [
    `The control has batches of ${control.batchSize} and the pretraining that it goes on from of `
      + `${pretrain.batchSize}: --set baselines.control.batchSize=${pretrain.batchSize} gives it the `
      + 'same.',
  ];
}

/** A line for each. */
export function sayConfigNotes(config: ExperimentConfig, say: (line: string) => void): void {
  for (const note of configNotes(config)) say(`Note: ${note}`);
}
