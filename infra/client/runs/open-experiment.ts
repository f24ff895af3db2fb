/** What stands for an experiment on a command line or in a sweep file: a name, or the path of a file; a
 *  program may give one that it has made. */
import type { ExperimentFile } from '../../../activities/contracts/run.ts';
import { experiments, type OwnExperiment } from '../../../workflows/experiments/index.ts';
import { experimentOfProgram, isExperimentFile, readExperimentFile } from './experiment-file.ts';
import { findExperiment } from './resolve-config.ts';

export interface OpenedExperiment {
  readonly experiment: OwnExperiment;
  /** Null of an experiment that comes with Counterflow. */
  readonly file: ExperimentFile | null;
}

/** Throws CounterflowError where there is no such experiment, or its file is not as it should be. */
export async function openExperiment(given: string | OwnExperiment): Promise<OpenedExperiment> {
  if (typeof given !== 'string') return experimentOfProgram(given);
  if (isExperimentFile(given)) return readExperimentFile(given);
  return { experiment: findExperiment(experiments, given), file: null };
}
