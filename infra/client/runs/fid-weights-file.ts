/** `--fid`: the official weights of the FID Inception network, from the cache or the web. A distance in other
 *  weights is no FID. */
import { join } from 'node:path';
import { fidWeights } from '../../compute/evaluate/fid-weights.ts';
import { cached } from '../../setup/cache.mjs';
import { hashOfFile } from '../../store/hash-of-file.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { downloadFiles } from './download-dataset.ts';
import { exitCodes } from '../../base/exit-codes.ts';

/** Their path, checked. Throws CounterflowError with the remedy where they cannot be had. */
export async function fidWeightsFile(
  weights: typeof fidWeights = fidWeights,
  folder = cached('features'),
): Promise<string> {
  const { name, url, bytes, sha256 } = weights;
  const path = join(folder, name);
  await downloadFiles(
    [{ name, urls: [url], bytes, sha256 }],
    folder,
    `get ${url} elsewhere and give the file as --features`,
  );
  const found = await hashOfFile(path);
  if (found !== sha256)
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected ${path} to have the SHA-256 ${sha256}, got ${found}. Remove it, and --fid downloads it `
        + 'again.',
    );
  return path;
}
