/** A sweep file: YAML (or JSON, which is YAML too), read as data only, or a TypeScript or JavaScript module, which is run. */
import { readFile, stat } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse, YAMLError } from 'yaml';
import { sweepFileSchema, type SweepFile } from '../../../activities/sweep/sweep-schema.ts';
import { CliError } from '../cli-error.ts';
import { describeIssue } from '../describe-issue.ts';
import { exitCodes } from '../exit-codes.ts';
import { invocation } from '../invocation.ts';

const largest = 1 << 20;
const modules = ['.ts', '.mts', '.js', '.mjs'];

/** `name` is set. Throws CliError. */
export async function readSweepFile(path: string): Promise<SweepFile & { readonly name: string }> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) throw refused(`Expected an existing sweep file, got ${JSON.stringify(path)}; \`${invocation} sweep --help\` shows what is in one.`);
  if (found.size > largest) throw refused(`Expected ${path} to have at most ${largest} bytes, got ${found.size}.`);
  const content = modules.includes(extname(path)) ? await fromModule(path) : fromYaml(path, await readFile(path, 'utf8'));
  const file = basename(path);
  const { success, data, error } = sweepFileSchema.safeParse(content, { reportInput: true });
  if (!success) throw refused(describeIssue([error.issues[0]!.path.join('.'), file].filter(Boolean).join(' of '), error.issues[0]!));
  return { ...data, name: data.name ?? file.slice(0, file.length - extname(file).length).replace(/^[^A-Za-z0-9]+|[^\w.-]/g, '') };
}

function fromYaml(path: string, text: string): unknown {
  try {
    return parse(text) as unknown;
  } catch (error) {
    // a ReferenceError: aliases that multiply
    if (!(error instanceof YAMLError || error instanceof ReferenceError)) throw error;
    throw refused(`Expected ${path} to be YAML, but it is not: ${error.message.split('\n')[0]!.replace(/[.:]?$/, '.')}`);
  }
}

async function fromModule(path: string): Promise<unknown> {
  const loaded = await import(pathToFileURL(resolve(path)).href).catch((error: unknown) => {
    throw refused(`Expected ${path} to be a module that can be loaded, but it is not: ${(error as Error).message.split('\n')[0]}`);
  }) as { readonly default?: unknown };
  if (loaded.default === undefined) throw refused(`Expected ${path} to export a sweep, as in \`export default { ... }\`, but it has no default export.`);
  return loaded.default;
}

const refused = (sentence: string): CliError => new CliError(exitCodes.badInput, sentence);
