/** Statistics of a set of images as pytorch-fid keeps them, an .npz with `mu` and `sigma`; beside these the number of images and the
 *  features of some, which the kernel distance, precision and recall need. pytorch-fid passes over what it does not know. */
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { decodeNpz, encodeNpz, largestNpz } from '../../../activities/npz.ts';
import { writeScratch } from '../../../activities/scratch.ts';
import { DataError } from '../../../models/errors.ts';
import { covarianceOf, type FeatureStatistics } from '../../../models/metrics/feature-statistics.ts';
import type { Gaussian } from '../../../models/metrics/frechet.ts';

export interface ReferenceStatistics extends Gaussian {
  /** null in a file of another program. */
  readonly count: number | null;
  /** Features of some images, [n, dims]; empty in a file of another program. */
  readonly rows: Float64Array;
}

export async function writeReference(path: string, statistics: FeatureStatistics, rows: Float32Array): Promise<void> {
  const dims = statistics.mean.length;
  await writeScratch(path, encodeNpz({
    mu: { shape: [dims], values: statistics.mean },
    sigma: { shape: [dims, dims], values: covarianceOf(statistics) },
    count: { shape: [], values: Float64Array.of(statistics.count) },
    features: { shape: [rows.length / dims, dims], values: rows },
  }));
}

/** Throws BadInputError, and DataError where `mu` and `sigma` are missing or do not go together. */
export async function readReference(path: string, name = basename(path)): Promise<ReferenceStatistics> {
  const { size } = await stat(path);
  if (size > largestNpz) throw new DataError(`${name} should have at most ${largestNpz} bytes, and has ${size}.`);
  const arrays = await decodeNpz(await readFile(path), name);
  const [mu, sigma] = [arrays.get('mu'), arrays.get('sigma')];
  const dims = mu?.values.length ?? 0;
  if (!mu || sigma?.shape.join() !== [dims, dims].join()) {
    throw new DataError(`${name} should hold mu [dims] and sigma [dims, dims], as pytorch-fid writes them, and holds ${[...arrays].map(([key, { shape }]) => `${key} [${shape}]`).join(', ')}.`);
  }
  const numbers = [mu, sigma, ...['count', 'features'].flatMap((key) => arrays.get(key) ?? [])];
  if (numbers.some(({ values }) => !values.every(Number.isFinite))) throw new DataError(`${name} should hold finite numbers, and some of its are not. Make it again.`);
  if (mu.values.some((_, i) => sigma.values[i * (dims + 1)]! < 0)) throw new DataError(`${name} should hold a covariance as sigma, and its diagonal has numbers below zero. Make it again.`);
  return {
    mean: Float64Array.from(mu.values), covariance: Float64Array.from(sigma.values),
    count: arrays.get('count')?.values[0] ?? null, rows: Float64Array.from(arrays.get('features')?.values ?? []),
  };
}
