import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CounterflowError } from '../../base/user-error.ts';
import { exitCodes } from '../../base/exit-codes.ts';

/** A file somebody asked for; where it is goes to standard error, so that standard output stays what it is.
 *  Throws CounterflowError. */
export async function writeOutput(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected a file that can be written, got ${JSON.stringify(file)}: ${(error as Error).message}.`,
    );
  }
  process.stderr.write(`Wrote ${resolve(file)}\n`);
}
