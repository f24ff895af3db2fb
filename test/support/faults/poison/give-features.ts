/** Gives a poisoned network, or poisoned statistics, to the job that looks at them at a run's beginning. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { failures } from '../../../../activities/contracts/failures.ts';
import { asFailure } from '../../../../activities/step/failures.ts';
import { prepareFeatures } from '../../../../infra/compute/evaluate/prepare-features.ts';
import { readReference } from '../../../../infra/compute/evaluate/reference-file.ts';
import { network, statistics, type FeaturePoison } from './feature-poisons.ts';
import type { Verdict } from './give-poison.ts';

export interface FeatureFilePaths {
  readonly features: string;
  readonly reference: string;
}

export function writeFeatures(poison: FeaturePoison, folder: string, random: () => number): FeatureFilePaths {
  mkdirSync(folder, { recursive: true });
  const paths = { features: join(folder, 'network.onnx'), reference: join(folder, 'statistics.npz') };
  writeFileSync(paths.features, poison.network?.(random) ?? network(1));
  writeFileSync(paths.reference, poison.reference?.(random) ?? statistics());
  return paths;
}

export const poisonedFile = (poison: FeaturePoison): string =>
  poison.network ? 'network.onnx' : 'statistics.npz';

export async function giveFeatures(
  poison: FeaturePoison,
  folder: string,
  random: () => number,
): Promise<Verdict> {
  const { features, reference } = writeFeatures(poison, folder, random);
  const job = {
    file: features,
    name: basename(features),
    shape: [32, 32, 3],
    samples: 100,
    trainCount: 100,
    reference: { path: reference, name: basename(reference) },
  };
  const error = await prepareFeatures(job, { scratch: folder, threads: 1, onProgress: () => undefined }).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error === null) {
    writeFileSync(`${reference}.clean`, statistics());
    assert.deepEqual(
      await readReference(reference),
      await readReference(`${reference}.clean`),
      `${poison.name}: they passed, and are others`,
    );
    return 'the same data';
  }
  const failure = asFailure(error);
  assert.ok(
    failure instanceof ApplicationFailure && failure.type === failures.badInput && failure.nonRetryable,
    `${poison.name}: it ends in ${String(failure)}`,
  );
  assert.ok(
    failure.message.includes(poisonedFile(poison)),
    `${poison.name}: ${failure.message} does not name ${poisonedFile(poison)}`,
  );
  return 'refused';
}
