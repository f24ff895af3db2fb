/** A file of YAML (or JSON, which is YAML too), read as data only. */
import { readFile, stat } from 'node:fs/promises';
import { parse, YAMLError } from 'yaml';
import { CounterflowError } from './user-error.ts';
import { exitCodes } from './exit-codes.ts';

const largest = 1 << 20;

/** `absent`: what is said where there is no such file. `most`: bytes. Throws CounterflowError. */
export async function requireSmallFile(path: string, absent: string, most = largest): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) throw refused(absent);
  if (found.size > most) throw refused(`Expected ${path} to have at most ${most} bytes, got ${found.size}.`);
}

/** Throws CounterflowError where it is no YAML. */
export const readYaml = async (path: string): Promise<unknown> =>
  parseYaml(await readFile(path, 'utf8'), path);

/** The content of a file whose text is known; `path` is for messages. Throws CounterflowError where it is no
 *  YAML. */
export function parseYaml(text: string, path: string): unknown {
  try {
    return parse(text) as unknown;
  } catch (error) {
    // a ReferenceError: aliases that multiply
    if (!(error instanceof YAMLError || error instanceof ReferenceError)) throw error;
    throw refused(
      `Expected ${path} to be YAML, but it is not: ${error.message.split('\n')[0]!.replace(/[.:]?$/, '.')}`,
    );
  }
}

const refused = (sentence: string): CounterflowError => new CounterflowError(exitCodes.badInput, sentence);
