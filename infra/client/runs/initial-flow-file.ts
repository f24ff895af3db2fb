/** `--initial-flow`: the file's flow is held against the configuration before anything starts. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ExperimentConfig } from '../../../activities/config/experiment-config.ts';
import type { GivenFlow } from '../../../activities/contracts/artifact.ts';
import { BadInputError } from '../../../activities/ports/data-errors.ts';
import { largestFlowFile, readInitialFlow } from '../../../activities/initial-flow/read-initial-flow.ts';
import { SafetensorsError } from '../../../activities/formats/safetensors.ts';
import { DataError } from '../../../models/core/errors.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { exitCodes } from '../../base/exit-codes.ts';

/** `file`: an absolute path; `shape` of the data. Throws CounterflowError where it holds no flow that the run
 *  can start from. */
export async function initialFlowFile(
  file: string,
  { models: { flow } }: ExperimentConfig,
  shape: readonly number[],
): Promise<GivenFlow> {
  const { size } = await stat(file);
  if (size > largestFlowFile) {
    throw refused(
      `Expected --initial-flow to be a checkpoint of at most ${largestFlowFile} bytes, got ${file} of `
        + `${size}; save the network without its optimiser.`,
    );
  }
  const bytes = await readFile(file);
  try {
    await readInitialFlow(bytes, basename(file), { flow, shape });
  } catch (error) {
    const isOfTheFile = [BadInputError, DataError, SafetensorsError].some((known) => error instanceof known);
    throw isOfTheFile ? refused(`--initial-flow: ${(error as Error).message}`) : error;
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { file, artifact: { uri: `artifact://sha256/${sha256}`, sha256, bytes: bytes.length } };
}

const refused = (sentence: string): CounterflowError => new CounterflowError(exitCodes.badInput, sentence);
