/** The files a run is given, checked before anything starts. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ExperimentConfig } from '../../activities/contracts.ts';
import { checkCifar10 } from '../../activities/datasets/cifar10.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';

export interface Inputs {
  /** Absolute paths; null where not given. */
  readonly dataDir: string | null;
  readonly features: string | null;
}

export async function checkInputs({ dataset }: ExperimentConfig, given: { readonly dataDir?: string; readonly features?: string }): Promise<Inputs> {
  const dataDir = given.dataDir === undefined ? null : await existing('--data-dir', given.dataDir, 'folder');
  const features = given.features === undefined ? null : await existing('--features', given.features, 'file');
  if (dataset.kind === 'cifar10') await checkImages(dataDir, dataset.allowPartial);
  return { dataDir, features };
}

async function checkImages(dataDir: string | null, allowPartial: boolean): Promise<void> {
  if (dataDir === null) {
    throw new CliError(exitCodes.badInput, 'Expected --data-dir DIR with the CIFAR-10 binary files (data_batch_1.bin ... test_batch.bin), got none.');
  }
  try {
    await checkCifar10(dataDir, { allowPartial });
  } catch (error) {
    throw new CliError(exitCodes.badInput, (error as Error).message);
  }
}

async function existing(option: string, path: string, kind: 'file' | 'folder'): Promise<string> {
  const found = await stat(path).catch(() => null);
  const fits = kind === 'file' ? found?.isFile() : found?.isDirectory();
  if (!fits) throw new CliError(exitCodes.badInput, `Expected ${option} to be an existing ${kind}, got ${JSON.stringify(path)}.`);
  return resolve(path);
}
