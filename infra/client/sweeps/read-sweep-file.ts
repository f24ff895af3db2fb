/** A sweep file: YAML (or JSON, which is YAML too), read as data only, or a TypeScript or JavaScript module,
 *  which is run. */
import { basename, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sweepFileSchema, type SweepFile } from '../../../activities/sweep/sweep-schema.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { describeIssue } from '../../base/describe-issue.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { invocation } from '../../base/invocation.ts';
import { readYaml, requireSmallFile } from '../../base/read-yaml.ts';

const modules = ['.ts', '.mts', '.js', '.mjs'];

/** `name` is set. Throws CounterflowError. */
export async function readSweepFile(path: string): Promise<SweepFile & { readonly name: string }> {
  await requireSmallFile(
    path,
    `Expected an existing sweep file, got ${JSON.stringify(path)}; \`${invocation} sweep --help\` `
      + 'shows what is in one.',
  );
  const content = modules.includes(extname(path)) ? await fromModule(path) : await readYaml(path);
  const file = basename(path);
  const { success, data, error } = sweepFileSchema.safeParse(content, { reportInput: true });
  if (!success)
    throw refused(
      describeIssue([error.issues[0]!.path.join('.'), file].filter(Boolean).join(' of '), error.issues[0]!),
    );
  return {
    ...data,
    name:
      data.name ?? file.slice(0, file.length - extname(file).length).replace(/^[^A-Za-z0-9]+|[^\w.-]/g, ''),
  };
}

async function fromModule(path: string): Promise<unknown> {
  const loaded = (await import(pathToFileURL(resolve(path)).href).catch((error: unknown) => {
    throw refused(
      `Expected ${path} to be a module that can be loaded, but it is not: `
        + `${(error as Error).message.split('\n')[0]}`,
    );
  })) as { readonly default?: unknown };
  if (loaded.default === undefined)
    throw refused(
      `Expected ${path} to export a sweep, as in \`export default { ... }\`, but it has no default export.`,
    );
  return loaded.default;
}

const refused = (sentence: string): CounterflowError => new CounterflowError(exitCodes.badInput, sentence);
