/** What a schedule runs, from a command line: an experiment, or a sweep of a file. Everything that can be
 *  wrong with it is found before the server is asked. */
import type { ExperimentConfig } from '../../../activities/config/experiment-config.ts';
import type { StoredServer } from '../../../activities/contracts/run.ts';
import type { ScheduledSweepRequest } from '../../../workflows/schedule/scheduled-sweep.ts';
import type { ScheduledRequest } from '../../../workflows/schedule/scheduled-run.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { requestOf } from '../runs/run-request.ts';
import { resolveSweep, type SweepOptions } from '../sweeps/resolve-sweep.ts';

export interface WhatOptions extends SweepOptions {
  /** A sweep file. */
  readonly sweep?: string;
  readonly newSeeds?: true;
}

/** The workflow of a firing, what it is asked for but for the server, and what people are told of it. */
export type WhatRuns = { readonly title: string; readonly experiment: string; readonly command: string } & (
  | { readonly workflowType: 'scheduled'; readonly request: Omit<ScheduledRequest, keyof StoredServer> }
  | {
      readonly workflowType: 'scheduledSweep';
      readonly request: Omit<ScheduledSweepRequest, keyof StoredServer>;
      readonly sweep: string;
    }
);

/** Throws CounterflowError. */
export async function whatRuns(
  name: string,
  experiment: string | undefined,
  options: WhatOptions,
): Promise<WhatRuns> {
  if (!/^[A-Za-z0-9][\w.-]*$/.test(name)) {
    throw refused(
      'Expected a name of letters, digits, dots, dashes and underscores that starts with a letter or '
        + `digit, for its runs are named after it; got ${JSON.stringify(name)}.`,
    );
  }
  if (options.newSeeds && options.seed !== undefined)
    throw refused('Expected --seed or --new-seeds, got both.');
  const newSeeds = options.newSeeds ?? false;
  if (options.sweep !== undefined) {
    if (experiment !== undefined)
      throw refused(
        `Expected an experiment or --sweep, got both: ${JSON.stringify(experiment)} and `
          + `${JSON.stringify(options.sweep)}. The sweep file names its experiment.`,
      );
    return sweepsOf(name, options.sweep, options, newSeeds);
  }
  if (experiment === undefined)
    throw refused('Expected an experiment, or --sweep with a sweep file, got neither.');
  const stray = (['trials', 'concurrent'] as const).find((option) => options[option] !== undefined);
  if (stray)
    throw refused(
      `Expected --${stray} with --sweep, got it with the experiment ${JSON.stringify(experiment)}.`,
    );
  const request = { ...(await requestOf(experiment, options)), runId: name };
  return {
    workflowType: 'scheduled',
    request: { request, newSeeds },
    title: request.title,
    experiment: request.experiment,
    command: request.command,
  };
}

/** What its runs are configured by. */
export const configOf = (what: WhatRuns): ExperimentConfig =>
  what.workflowType === 'scheduled' ? what.request.request.config : what.request.sweep.base.config;

/** The file is read now: later changes of it are not heard of. */
async function sweepsOf(
  name: string,
  file: string,
  options: WhatOptions,
  newSeeds: boolean,
): Promise<WhatRuns> {
  const sweep = { ...(await resolveSweep(file, options)), id: name };
  const {
    base: { title, experiment },
    command,
  } = sweep;
  return {
    workflowType: 'scheduledSweep',
    request: { sweep, newSeeds },
    title: `${title}: sweep ${sweep.name}`,
    experiment,
    command,
    sweep: sweep.name,
  };
}

const refused = (sentence: string): CounterflowError => new CounterflowError(exitCodes.badInput, sentence);
