/** A TypeScript or JavaScript module that states something by its default export. */
import { realpath } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { exitCodes } from './exit-codes.ts';
import { CounterflowError } from './user-error.ts';

export const moduleEndings = ['.ts', '.mts', '.js', '.mjs'];

/** The default export. The module is run with the rights of whoever asks. `what` is what it should export,
 *  for messages. `version` tells contents of one path apart: a file that was changed is loaded again. Throws
 *  CounterflowError where it cannot be loaded, or has no such export. */
export async function defaultExportOf(path: string, what: string, version: string): Promise<unknown> {
  await forget(path);
  const url = `${pathToFileURL(resolve(path)).href}?${version}`;
  const loaded = (await import(url).catch((error: unknown) => {
    throw refused(
      `Expected ${path} to be a module that can be loaded, but it is not: `
        + `${String(error instanceof Error ? error.message : error).split('\n')[0]}`,
    );
  })) as { readonly default?: unknown };
  if (loaded.default === undefined)
    throw refused(
      `Expected ${path} to export ${what}, as in \`export default { ... }\`, but it has no default export.`,
    );
  return loaded.default;
}

/** What Node takes for CommonJS it remembers by the path alone, whatever the version. */
async function forget(path: string): Promise<void> {
  const { cache } = createRequire(import.meta.url);
  Reflect.deleteProperty(cache, await realpath(path));
}

const refused = (sentence: string): CounterflowError => new CounterflowError(exitCodes.badInput, sentence);
