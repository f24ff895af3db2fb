/** A file of YAML (or JSON, which is YAML too), read as data only. */
import { readFile, stat } from 'node:fs/promises';
import { parse, YAMLError } from 'yaml';
import { CounterflowError } from './user-error.ts';
import { exitCodes } from './exit-codes.ts';

const largest = 1 << 20;

/** `absent`: what is said where there is no such file. Throws CounterflowError. */
export async function requireSmallFile(path: string, absent: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) throw refused(absent);
  if (found.size > largest)
    throw refused(`Expected ${path} to have at most ${largest} bytes, got ${found.size}.`);
}

/** Throws CounterflowError where it is no YAML. */
export async function readYaml(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8');
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
