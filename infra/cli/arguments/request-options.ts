/** What a run is asked for, from the options of a command line: those that say what is computed, not where or when. */
import type { Command } from 'commander';
import type { ExperimentConfig, RunRequest } from '../../../activities/contracts.ts';
import { shellQuoted } from '../../../activities/config/shell-quoted.ts';
import { experiments } from '../../../workflows/experiments/index.ts';
import { checkInputs } from '../../client/runs/check-inputs.ts';
import { CliError } from '../../base/user-error.ts';
import { readConfigFile } from '../../client/runs/config-file.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { invocation } from '../../base/invocation.ts';
import { collect, readScale, readSeed, readUpdate } from './options.ts';
import { findExperiment, resolveConfig } from '../../client/runs/resolve-config.ts';
import { createRunId } from '../../client/runs/run-id.ts';
import { readTitle, titleOf } from '../../client/runs/run-title.ts';

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

export const scaleHelp = 'times so much the updates of every training and what follows from them (warm-ups, lines of metrics); --set goes over it';

export function addRequestOptions(command: Command, seeded = 'everything random but the data, which --set dataset.seed=N draws anew'): Command {
  return command
    .option('--set <path=value>', 'change the configuration at a path; the value is JSON or a word; may be repeated', collect)
    .option('--config <file>', 'YAML or JSON with any part of the configuration, which --set goes over; `config NAME` prints one')
    .option('--scale <factor>', scaleHelp, readScale)
    .option('--seed <n>', `seed of ${seeded}`, readSeed)
    .option('--title <text>', 'what the report and pages call it, in place of the experiment\'s title or the folder\'s name', readTitle)
    .option('--data-dir <dir>', 'folder with the data set\'s official files, or with your images')
    .option('--download', 'get the official files of svhn, cifar10 or mnist that are missing, into --data-dir or the cache')
    .option('--features <file>', 'network in whose features distances of images are taken: ONNX, or PyTorch weights of the FID Inception network (.pth)')
    .option('--fid', 'the FID Inception network with its official weights, downloaded once (96 MB)')
    .option('--reference <file.npz>', 'compare with these statistics too (mu and sigma, as pytorch-fid writes them)')
    .option('--initial-flow <file>', 'start from this flow in place of a pretraining (--set pretrain=null): '
      + 'checkpoints/NAME.safetensors of another run, or a .pt of y0ast/Glow-PyTorch')
    .option('--fresh', 'reuse no artifact of earlier runs');
}

export function addUntilOption(command: Command): Command {
  return command.option('--until <update>', 'stop the contrast at the first checkpoint from this update on and evaluate it; `resume --until` goes on', readUpdate);
}

export function experimentsHelp(): string {
  const width = Math.max(...Object.keys(experiments).map(name => name.length));
  return `Experiments:\n${Object.values(experiments).map(({ name, description }) => `  ${name.padEnd(width)}  ${description}`).join('\n')}`;
}

/** Everything that can be wrong with the arguments is found here, before anything starts or is written. Throws CliError. */
export async function requestOf(name: string, options: RequestOptions): Promise<RunRequest> {
  const experiment = findExperiment(experiments, name);
  const file = options.config === undefined ? null : await readConfigFile(options.config);
  const config = resolveConfig(experiment, { file, scale: options.scale, set: options.set ?? [], seed: options.seed, flowGiven: options.initialFlow !== undefined });
  const inputs = await checkInputs(config, options);
  return {
    runId: options.id ?? createRunId(experiment.name, config.seed),
    experiment: experiment.name,
    title: options.title ?? titleOf(experiment, config, inputs.dataDir),
    config,
    ...inputs,
    fresh: options.fresh ?? false,
    ...untilIn(config, options.until),
    startedAt: new Date().toISOString(),
    setupSeconds: Number(process.env['COUNTERFLOW_SETUP_SECONDS'] ?? 0),
    command: runCommand(name, options),
  };
}

/** As a run's request has it: nothing where all updates are to be made. Throws CliError. */
export function untilIn({ contrast: { updates } }: ExperimentConfig, until: number | undefined): Pick<RunRequest, 'until'> {
  if (until !== undefined && until > updates) throw new CliError(exitCodes.badInput, `Expected --until to be at most contrast.updates = ${updates}, got ${until}.`);
  return until === undefined || until === updates ? {} : { until };
}

/** The command that makes such a run. */
export const runCommand = (name: string, options: RequestOptions): string => `${invocation} run ${shellQuoted(name)}${optionsText(options)}`;

/** As they are typed behind a command, with a space before them. */
export function optionsText({ set = [], config, scale, seed, title, dataDir, features, fid, reference, initialFlow, download, fresh, until }: RequestOptions): string {
  const given = (option: string, value: string | number | undefined): string[] => value === undefined ? [] : [option, String(value)];
  const flag = (option: string, value: true | undefined): string[] => value ? [option] : [];
  return [
    ...given('--config', config), ...given('--scale', scale), ...set.flatMap(setting => ['--set', setting]), ...given('--seed', seed), ...given('--title', title),
    ...given('--data-dir', dataDir), ...flag('--download', download),
    ...given('--features', features), ...flag('--fid', fid), ...given('--reference', reference),
    ...given('--initial-flow', initialFlow), ...flag('--fresh', fresh), ...given('--until', until),
  ].map(word => ` ${shellQuoted(word)}`).join('');
}
