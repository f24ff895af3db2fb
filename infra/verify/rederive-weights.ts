/** The hashes of a checkpoint's weights, derived again from its arrays: what a run's record calls its final
 *  weights. */
import { createHash } from 'node:crypto';
import { decodeSafetensors, SafetensorsError } from '../../activities/formats/safetensors.ts';
import type { WeightHashes } from '../../activities/record/run-record.ts';
import type { NamedArray, NamedArrays } from '../../models/core/tensors.ts';
import { readFile } from 'node:fs/promises';

/** Whether the checkpoint holds these weights; null where its file is not the one it should be. */
export async function rederiveWeights(
  file: string,
  sha256: string,
  expected: WeightHashes,
): Promise<boolean | null> {
  const bytes = await readFile(file).catch(() => null);
  if (bytes === null || createHash('sha256').update(bytes).digest('hex') !== sha256) return null;
  try {
    return holdsWeights(decodeSafetensors(bytes, file).arrays, expected);
  } catch (error) {
    if (error instanceof SafetensorsError) return false;
    throw error;
  }
}

/** Players' weights are hashed one after another, in the order of their training, which a checkpoint does not
 *  keep. */
export function holdsWeights(arrays: NamedArrays, { raw, averaged }: WeightHashes): boolean {
  const players = Object.keys(arrays).filter((name) => `${name}.average` in arrays);
  return [players, [...players].reverse()].some(
    (order) =>
      hashOf(order.map((name) => arrays[name]!)) === raw
      && hashOf(order.map((name) => arrays[`${name}.average`]!)) === averaged,
  );
}

function hashOf(arrays: readonly NamedArray[]): string {
  const hash = createHash('sha256');
  for (const {
    values: { buffer, byteOffset, byteLength },
  } of arrays)
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest('hex');
}
