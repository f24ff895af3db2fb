/** From an experiment's name and the command line's settings to the one resolved configuration of a run. */
import type { z } from 'zod';
import type { ExperimentConfig } from '../../../activities/config/experiment-config.ts';
import { configSchemaOf } from '../../../activities/config/experiment-config.ts';
import { experimentSectionsSchema } from '../../../activities/config/experiment-sections.ts';
import type { Experiment } from '../../../workflows/experiments/index.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { settingsOf, type ConfigFile } from './config-file.ts';
import { describeIssue } from '../../base/describe-issue.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { inShort } from '../../base/in-short.ts';
import { nearest } from '../../base/nearest.ts';
import { scaleConfig } from './scale-config.ts';
import { requireWorkingScale } from './working-scale.ts';
import { applySetting, parseSetting, type Setting } from './setting.ts';

type Experiments = Readonly<Record<string, Experiment>>;

/** Throws CounterflowError, with the known names, if there is no such experiment. */
export function findExperiment(experiments: Experiments, name: string): Experiment {
  const found = Object.hasOwn(experiments, name) ? experiments[name] : undefined;
  if (found) return found;
  const names = Object.keys(experiments);
  const guess = nearest(name, names);
  throw new CounterflowError(
    exitCodes.badInput,
    `Expected the name of an experiment (${names.join(', ')}), got `
      + `${JSON.stringify(name)}${guess ? `; did you mean ${guess}?` : '.'}`,
  );
}

export interface ConfigOptions {
  /** Read before the settings, which go over it. */
  readonly file?: ConfigFile | null;
  /** Of the updates that experiment and file give every training; settings go over it. */
  readonly scale?: number | undefined;
  readonly set: readonly string[];
  readonly seed: number | undefined;
  /** The path of the file that states the experiment, for messages; left out of one that comes with
   *  Counterflow. */
  readonly source?: string | undefined;
  /** The run starts from a flow that was trained before. */
  readonly flowGiven?: boolean;
}

/** The file's settings, then the scale, then the others, in their order; a later one sees the defaults that
 *  an earlier one brought in, and may mend what it broke. */
export function resolveConfig(
  experiment: Pick<Experiment, 'config'>,
  options: ConfigOptions,
): ExperimentConfig {
  const { file, scale = 1, seed } = options;
  const given = options.set.map(parseSetting);
  if (seed !== undefined) given.unshift({ path: 'seed', value: seed, text: String(seed) });
  const own: unknown = experimentSectionsSchema.parse(experiment.config);
  const ofFile = file ? settingsOf(file, own) : [];
  const before = applied(own, ofFile);
  const scaledBy = (factor: number): unknown =>
    applied(factor === 1 ? before : scaleConfig(before, factor), given);
  const config = scaledBy(scale);
  const schema = configSchemaOf({ flowGiven: options.flowGiven ?? false });
  const parsed = schema.safeParse(config, { reportInput: true });
  if (!parsed.success) {
    const isOwn = !schema.safeParse(own).success;
    throw badConfig(parsed.error, [...ofFile, ...given], config, isOwn ? options.source : undefined);
  }
  requireWorkingScale(scale, (factor) =>
    factor === scale ? parsed.data : (scaledBy(factor) as ExperimentConfig),
  );
  return parsed.data;
}

function applied(config: unknown, settings: readonly Setting[]): unknown {
  return settings.reduce((before, setting) => {
    const changed = applySetting(before, setting);
    return experimentSectionsSchema.safeParse(changed).data ?? changed;
  }, config);
}

function badConfig(
  error: z.ZodError,
  settings: readonly Setting[],
  config: unknown,
  /** The file of the experiment, where that is wrong by itself. */
  source: string | undefined,
): CounterflowError {
  const issue = error.issues[0]!;
  const path = issue.path.join('.');
  const cause = settings.findLast((setting) => inside(path, setting.path) || inside(setting.path, path));
  if (cause?.from !== undefined)
    return new CounterflowError(
      exitCodes.badInput,
      describeIssue(`${path} of ${cause.from}`, issue) + guessOf(issue, config),
    );
  if (cause === undefined && source !== undefined)
    return new CounterflowError(exitCodes.badInput, describeIssue(`config.${path} of ${source}`, issue));
  const about = cause && cause.path !== path ? ` (from --set ${cause.path}=${inShort(cause.text)})` : '';
  return new CounterflowError(
    exitCodes.badInput,
    describeIssue(`--set ${path}${about}`, issue) + guessOf(issue, config),
  );
}

/** Of a key that a section does not know: the one beside it that it may be. */
function guessOf(issue: z.core.$ZodIssue, config: unknown): string {
  if (issue.code !== 'unrecognized_keys') return '';
  const section = issue.path.reduce<unknown>(
    (node, key) => (node as Record<PropertyKey, unknown>)[key],
    config,
  );
  const { keys } = issue;
  const known = Object.keys(section as object).filter((key) => !keys.includes(key));
  const guess = nearest(keys[0]!, known);
  return guess === null ? ` It has ${known.join(', ')}.` : ` Did you mean ${guess}?`;
}

function inside(path: string, section: string): boolean {
  return path === section || path.startsWith(`${section}.`);
}
