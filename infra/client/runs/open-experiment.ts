/** What stands for an experiment on a command line or in a sweep file: a name, or the path of a file. */
import type { ExperimentFile } from '../../../activities/contracts/run.ts';
import { experiments, type OwnExperiment } from '../../../workflows/experiments/index.ts';
import { isExperimentFile, readExperimentFile } from './experiment-file.ts';
import { findExperiment } from './resolve-config.ts';

export interface OpenedExperiment {
  readonly experiment: OwnExperiment;
  /** Null of an experiment that comes with Counterflow. */
  readonly file: ExperimentFile | null;
}

/** Throws CounterflowError where there is no such experiment, or its file is not as it should be. */
export const openExperiment = async (name: string): Promise<OpenedExperiment> =>
  isExperimentFile(name)
    ? readExperimentFile(name)
    : { experiment: findExperiment(experiments, name), file: null };
