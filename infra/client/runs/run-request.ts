/** From an experiment and its options to the request that the workflow gets. */
import type { ExperimentConfig } from '../../../activities/config/experiment-config.ts';
import { shellQuoted } from '../../../activities/config/shell-quoted.ts';
import type { RunRequest } from '../../../activities/contracts/run.ts';
import type { OwnExperiment } from '../../../workflows/experiments/index.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { invocation } from '../../base/invocation.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { checkInputs } from './check-inputs.ts';
import { readConfigFile } from './config-file.ts';
import { openExperiment } from './open-experiment.ts';
import { resolveConfig } from './resolve-config.ts';
import { createRunId } from './run-id.ts';
import { titleOf } from './run-title.ts';

export interface RequestOptions {
  readonly id?: string;
  readonly set?: readonly string[];
  readonly config?: string;
  readonly scale?: number;
  readonly seed?: number;
  readonly title?: string;
  readonly dataDir?: string;
  readonly features?: string;
  readonly fid?: true;
  readonly reference?: string;
  readonly initialFlow?: string;
  readonly download?: true;
  readonly fresh?: true;
  readonly until?: number;
}

/** `given`: the name of an experiment, the path of a file with one, or one that a program has made.
 *  Everything that can be wrong with the arguments is found here, before anything starts or is written.
 *  Throws CounterflowError. */
export async function requestOf(given: string | OwnExperiment, options: RequestOptions): Promise<RunRequest> {
  const { experiment, file: experimentFile } = await openExperiment(given);
  const file = options.config === undefined ? null : await readConfigFile(options.config);
  const config = resolveConfig(experiment, {
    file,
    scale: options.scale,
    set: options.set ?? [],
    seed: options.seed,
    source: experimentFile?.path,
    flowGiven: options.initialFlow !== undefined,
  });
  const inputs = await checkInputs(config, options);
  if (experimentFile && experiment.needs?.dataDir && inputs.dataDir === null)
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected --data-dir DIR, which the experiment of ${experimentFile.path} needs, got none; give it, or `
        + 'leave `needs` out of the file.',
    );
  return {
    runId: options.id ?? createRunId(experiment.name, config.seed),
    experiment: experiment.name,
    title: options.title ?? titleOf(experiment, config, inputs.dataDir),
    config,
    ...inputs,
    ...(experimentFile && { experimentFile }),
    fresh: options.fresh ?? false,
    ...untilIn(config, options.until),
    startedAt: new Date().toISOString(),
    setupSeconds: Number(process.env['COUNTERFLOW_SETUP_SECONDS'] ?? 0),
    command: runCommand(typeof given === 'string' ? given : experimentFile!.path, options),
  };
}

/** As a run's request has it: nothing where all updates are to be made. Throws CounterflowError. */
export function untilIn(
  { contrast: { updates } }: ExperimentConfig,
  until: number | undefined,
): Pick<RunRequest, 'until'> {
  if (until !== undefined && until > updates)
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected --until to be at most contrast.updates = ${updates}, got ${until}.`,
    );
  return until === undefined || until === updates ? {} : { until };
}

/** The command that makes such a run. */
export const runCommand = (name: string, options: RequestOptions): string =>
  `${invocation} run ${shellQuoted(name)}${optionsText(options)}`;

/** As they are typed behind a command, with a space before them. */
export function optionsText({
  set = [],
  config,
  scale,
  seed,
  title,
  dataDir,
  features,
  fid,
  reference,
  initialFlow,
  download,
  fresh,
  until,
}: RequestOptions): string {
  const given = (option: string, value: string | number | undefined): string[] =>
    value === undefined ? [] : [option, String(value)];
  const flag = (option: string, value: true | undefined): string[] => (value ? [option] : []);
  return [
    ...given('--config', config),
    ...given('--scale', scale),
    ...set.flatMap((setting) => ['--set', setting]),
    ...given('--seed', seed),
    ...given('--title', title),
    ...given('--data-dir', dataDir),
    ...flag('--download', download),
    ...given('--features', features),
    ...flag('--fid', fid),
    ...given('--reference', reference),
    ...given('--initial-flow', initialFlow),
    ...flag('--fresh', fresh),
    ...given('--until', until),
  ]
    .map((word) => ` ${shellQuoted(word)}`)
    .join('');
}
