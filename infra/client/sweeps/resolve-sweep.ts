/** From a sweep file and the options of a command line to the one resolved sweep. Everything that can be
 *  wrong is found here. */
import { availableParallelism } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import type { ExperimentConfig } from '../../../activities/config/experiment-config.ts';
import type { RunRequest } from '../../../activities/contracts/run.ts';
import { configSchemaOf } from '../../../activities/config/experiment-config.ts';
import { shellQuoted } from '../../../activities/config/shell-quoted.ts';
import { settingText } from '../../../activities/sweep/command-with.ts';
import { isOverSeeds } from '../../../activities/sweep/configurations.ts';
import type { Sweep } from '../../../activities/sweep/contracts.ts';
import type { SweepFile } from '../../../activities/sweep/sweep-schema.ts';
import { untilOf } from '../../../activities/sweep/trial-request.ts';
import { gridSize } from '../../../models/search/grid.ts';
import { valueAt, type Parameter, type Value } from '../../../models/search/parameter.ts';
import { boundariesTo } from '../../../workflows/training/segments.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { describeIssue } from '../../base/describe-issue.ts';
import { inShort } from '../../base/in-short.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { invocation } from '../../base/invocation.ts';
import { isExperimentFile } from '../runs/experiment-file.ts';
import { createRunId } from '../runs/run-id.ts';
import { optionsText, requestOf, type RequestOptions } from '../runs/run-request.ts';
import { applySetting } from '../runs/setting.ts';
import { readSweepFile } from './read-sweep-file.ts';

export interface SweepOptions extends Omit<RequestOptions, 'until'> {
  readonly trials?: number;
  readonly concurrent?: number;
}

/** `seed` of the options is the sampler's. Throws CounterflowError. */
export async function resolveSweep(path: string, options: SweepOptions): Promise<Sweep> {
  const file = await readSweepFile(path);
  const { experiment, name, parameters, sampler, objective, halving, pricePerHour } = file;
  const scale = options.scale ?? file.scale ?? undefined;
  const seed = options.seed ?? file.seed;
  const set = [
    ...Object.entries(file.set).map(([place, value]) => settingText(place, value)),
    ...(options.set ?? []),
  ];
  const { seed: _, ...forRuns } = options;
  const base = await requestOf(besideFile(path, experiment), {
    ...forRuns,
    set,
    ...(scale !== undefined && { scale }),
  });
  for (const [place, parameter] of Object.entries(parameters)) checkParameter(path, place, parameter, base);
  checkSeeds(path, file);
  checkRungs(path, halving, base.config);
  const id = createRunId(name, seed);
  return {
    id,
    name,
    parameters,
    sampler,
    seed,
    objective,
    halving,
    pricePerHour,
    base: { ...base, runId: id },
    trials: trialsOf(path, file, options.trials),
    concurrent: options.concurrent ?? file.concurrent ?? atOnce(base.config),
    command:
      `${invocation} sweep `
      + `${shellQuoted(path)}${optionsText(options)}${numberText('trials', options.trials)}${numberText('concurrent', options.concurrent)}`,
  };
}

/** A path in a sweep file is relative to that file; a name stays. */
function besideFile(path: string, experiment: string): string {
  const folder = dirname(path);
  return folder === '.' || isAbsolute(experiment) || !isExperimentFile(experiment)
    ? experiment
    : join(folder, experiment);
}

const numberText = (name: string, value: number | undefined): string =>
  value === undefined ? '' : ` --${name} ${value}`;

function trialsOf(
  path: string,
  { parameters, sampler, trials: stated }: SweepFile,
  given: number | undefined,
): number {
  const trials = given ?? stated;
  if (sampler.kind !== 'grid') return trials!;
  const all = gridSize(parameters);
  if (trials !== null && trials > all)
    throw refused(`Expected at most ${all} trials, for so many has the grid of ${path}, got ${trials}.`);
  return trials ?? all;
}

/** As many as there are cores for. */
const atOnce = ({ compute: { threads } }: ExperimentConfig): number =>
  threads === 0 ? 1 : Math.max(1, Math.floor(availableParallelism() / threads));

/** Its ends and a place between them, or each of its choices, with all other settings as they are. */
function checkParameter(
  path: string,
  place: string,
  parameter: Parameter,
  { config, initialFlow }: RunRequest,
): void {
  if (initialFlow !== undefined && /^(models\.flow\.|dataset\.(size|channels)$)/.test(place)) {
    throw refused(
      `Expected no ${place} among the parameters of ${path} with --initial-flow, whose flow has one `
        + 'form for all trials. Leave one of them out.',
    );
  }
  const values: readonly Value[] =
    parameter.kind === 'choice' ? parameter.values : [0, Math.SQRT1_2, 1].map((u) => valueAt(parameter, u));
  for (const value of values) {
    const changed = applySetting(
      config,
      { path: place, value, text: JSON.stringify(value) },
      `parameters of ${path}`,
    );
    const { error } = configSchemaOf({ flowGiven: initialFlow !== undefined }).safeParse(changed, {
      reportInput: true,
    });
    if (error)
      throw refused(
        describeIssue(
          `${error.issues[0]!.path.join('.')} (with ${place} = ${inShort(JSON.stringify(value))} from ${path})`,
          error.issues[0]!,
        ),
      );
  }
}

/** A configuration is judged by all of its seeds. What judges single runs on the way, to choose where to look
 *  or who goes on, would find lucky seeds. */
function checkSeeds(path: string, { parameters, sampler, halving }: SweepFile): void {
  if (!isOverSeeds({ parameters })) return;
  const remedy = 'search without the seed, then sweep over seeds what was best.';
  if (sampler.kind === 'tpe')
    throw refused(
      `Expected sampler of ${path} to be grid, sobol or random with seed among its parameters, got `
        + `tpe, which would look for lucky seeds: ${remedy}`,
    );
  if (halving !== null)
    throw refused(
      `Expected halving of ${path} to be null with seed among its parameters, got ${halving.kind}, `
        + `which would take lucky seeds further: leave it out, or ${remedy}`,
    );
}

/** Each at a checkpoint of its own, where the updates are the base's. */
function checkRungs(path: string, halving: Sweep['halving'], { contrast }: ExperimentConfig): void {
  const rungs = halving?.rungs ?? [];
  const checkpoints = rungs.map(
    (_, rung) => boundariesTo(untilOf(halving, rung, { contrast }) ?? undefined, contrast).length,
  );
  const last = boundariesTo(undefined, contrast).length;
  const bad = checkpoints.findIndex((count, i) => count >= (checkpoints[i + 1] ?? last));
  if (bad === -1) return;
  throw refused(
    `Expected halving.rungs of ${path} to end at different checkpoints, of which contrast.updates = `
      + `${contrast.updates} and contrast.segments = ${contrast.segments} make ${last - 1}; `
      + `${rungs[bad]} ends at that of ${rungs[bad + 1] ?? 'the whole training'}. Lay them further `
      + 'apart, or raise '
      + `contrast.segments.${rungs[bad]! < 1 ? '' : ' Rungs below 1 are shares, which follow contrast.updates and --scale.'}`,
  );
}

const refused = (sentence: string): CounterflowError => new CounterflowError(exitCodes.badInput, sentence);
