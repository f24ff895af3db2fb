/** An experiment of a user's own: a TypeScript or JavaScript module, which is run, or YAML (or JSON, which is
 *  YAML too), read as data only. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { z } from 'zod';
import { experimentSectionsSchema } from '../../../activities/config/experiment-sections.ts';
import type { ExperimentFile } from '../../../activities/contracts/run.ts';
import { experiments, type OwnExperiment } from '../../../workflows/experiments/index.ts';
import { describeIssue } from '../../base/describe-issue.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { defaultExportOf, moduleEndings } from '../../base/load-module.ts';
import { parseYaml, requireSmallFile } from '../../base/read-yaml.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { guessOfKey } from './guess-of-key.ts';
import { isTitle, longestTitle } from './run-title.ts';

const dataEndings = ['.yaml', '.yml', '.json'];
const endings = [...moduleEndings, ...dataEndings];
/** The text goes with the request, from which every record of the run is written. */
const mostBytes = 1 << 16;
/** Of a file's name in UTF-8: what is written beside it for a moment has a longer one. */
const longestName = 200;
/** The id of a run has the seed and the time behind it. */
const longestExperiment = 60;

const ownExperimentSchema = z.strictObject({
  name: z
    .string()
    .max(longestExperiment)
    .regex(
      /^[A-Za-z0-9][\w.-]*$/,
      'letters, digits, dots, dashes and underscores, the first a letter or digit',
    ),
  title: z.string().refine(isTitle, `1 to ${longestTitle} characters in one line`),
  description: z.string().optional(),
  config: experimentSectionsSchema,
  needs: z.strictObject({ dataDir: z.literal(true).optional() }).optional(),
});

/** Whether what stands for an experiment is the path of a file: it has a slash, or ends as such a file. */
export const isExperimentFile = (name: string): boolean =>
  name.includes('/') || endings.includes(extname(name));

export interface ReadExperiment {
  readonly experiment: OwnExperiment;
  readonly file: ExperimentFile;
}

/** Each section of the configuration is checked by itself; what they must be to each other is checked once
 *  the settings of the command line are in. Throws CounterflowError. */
export async function readExperimentFile(path: string): Promise<ReadExperiment> {
  const bytes = await bytesOf(path);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const text = textOf(path, bytes);
  const content = moduleEndings.includes(extname(path))
    ? await defaultExportOf(path, 'an experiment', sha256)
    : parseYaml(text, path);
  if (!bytes.equals(await readFile(path)))
    throw refused(`Expected ${path} to stay as it is while it is read, but it was changed; start again.`);
  return { experiment: checked(path, content), file: { path, sha256, text } };
}

/** One that a program has made: it is kept as a JSON file of its name would be, and that file in the run's
 *  folder runs it again. Throws CounterflowError. */
export function experimentOfProgram(made: OwnExperiment): ReadExperiment {
  const text = `${JSON.stringify(made, null, 2)}\n`;
  const experiment = checked('the experiment', JSON.parse(text));
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { experiment, file: { path: `${experiment.name}.json`, sha256, text } };
}

async function bytesOf(path: string): Promise<Buffer> {
  if (!endings.includes(extname(path)))
    throw refused(
      `Expected the file of an experiment to end in ${endings.join(', ')}, got ${JSON.stringify(path)}; `
        + 'rename it.',
    );
  if (/\p{Cc}/u.test(path) || Buffer.byteLength(basename(path)) > longestName)
    throw refused(
      `Expected a file's name of at most ${longestName} bytes without control characters, got `
        + `${JSON.stringify(path)}; rename it.`,
    );
  await requireSmallFile(
    path,
    `Expected an existing file with an experiment, got ${JSON.stringify(path)}; `
      + 'docs/examples/my-experiment.ts is one to begin with.',
    mostBytes,
  );
  return readFile(path);
}

function textOf(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refused(`Expected ${path} to be text in UTF-8, got other bytes; save it as UTF-8.`);
  }
}

function checked(path: string, content: unknown): OwnExperiment {
  const { success, data, error } = ownExperimentSchema.safeParse(content, { reportInput: true });
  if (!success) {
    // a key that is misspelt is missing too: its own name says more
    const issue = error.issues.find(({ code }) => code === 'unrecognized_keys') ?? error.issues[0]!;
    const where = issue.path.join('.');
    throw refused(
      describeIssue(where === '' ? path : `${where} of ${path}`, issue)
        + guessOfKey(ownExperimentSchema, content, issue, error.issues),
    );
  }
  if (Object.hasOwn(experiments, data.name))
    throw refused(
      `Expected name of ${path} to be no experiment that comes with Counterflow, got `
        + `${JSON.stringify(data.name)}; choose another name.`,
    );
  const { description, needs, ...stated } = data;
  return {
    ...stated,
    ...(description !== undefined && { description }),
    ...(needs && { needs: { ...(needs.dataDir && { dataDir: true }) } }),
  };
}

const refused = (sentence: string): CounterflowError => new CounterflowError(exitCodes.badInput, sentence);
