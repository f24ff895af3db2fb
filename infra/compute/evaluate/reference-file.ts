/** Statistics of a set of images as pytorch-fid keeps them, an .npz with `mu` and `sigma`; beside these the
 *  number of images and the features of some, which the kernel distance, precision and recall need.
 *  pytorch-fid passes over what it does not know. */
import { basename } from 'node:path';
import { encodeNpz, readNpz, type FloatArray } from '../../../activities/formats/npz.ts';
import { writeScratch } from '../../../activities/disk/scratch.ts';
import { DataError } from '../../../models/core/errors.ts';
import { covarianceFacts, covarianceTolerance } from '../../../models/metrics/covariance.ts';
import { covarianceOf, type FeatureStatistics } from '../../../models/metrics/feature-statistics.ts';
import type { Gaussian } from '../../../models/metrics/frechet.ts';
import type { Floats } from './network-values.ts';

export interface ReferenceStatistics extends Gaussian {
  /** null in a file that does not say. */
  readonly count: number | null;
  /** Features of some images, [n, dims]; empty of a given file. */
  readonly rows: Float64Array;
}

export async function writeReference(
  path: string,
  statistics: FeatureStatistics,
  rows: Floats,
): Promise<void> {
  const dims = statistics.mean.length;
  await writeScratch(
    path,
    encodeNpz({
      mu: { shape: [dims], values: statistics.mean },
      sigma: { shape: [dims, dims], values: covarianceOf(statistics) },
      count: { shape: [], values: Float64Array.of(statistics.count) },
      features: { shape: [rows.length / dims, dims], values: rows },
    }),
  );
}

/** Statistics that we wrote. Throws BadInputError, and DataError where `mu` and `sigma` are missing or do not
 *  go together. */
export const readReference = (path: string, name = basename(path)): Promise<ReferenceStatistics> =>
  read(path, name, ['mu', 'sigma', 'count', 'features']);

/** Statistics given by the user, from whatever program: `mu` and `sigma`, and the number of images as `count`
 *  where they say it. Whatever else lies in the archive is not read. Throws as `readReference`. */
export const readGivenReference = (path: string, name: string): Promise<ReferenceStatistics> =>
  read(path, name, ['mu', 'sigma', 'count']);

async function read(path: string, name: string, wanted: readonly string[]): Promise<ReferenceStatistics> {
  const { arrays, others } = await readNpz(path, name, wanted);
  const [mu, sigma, features] = ['mu', 'sigma', 'features'].map((key) => arrays.get(key));
  const dims = mu?.values.length ?? 0;
  if (!mu || dims === 0 || mu.shape.join() !== String(dims) || sigma?.shape.join() !== [dims, dims].join()) {
    const held = [...[...arrays].map(([key, { shape }]) => `${key} [${shape.join(', ')}]`), ...others];
    throw new DataError(
      `${name} should hold mu [dims] and sigma [dims, dims], as pytorch-fid writes them, and holds `
        + `${held.join(', ') || 'nothing'}. Make statistics of the images with pytorch-fid --save-stats.`,
    );
  }
  if (features && (features.shape.length !== 2 || features.shape[1] !== dims)) {
    throw new DataError(
      `${name} should hold features [n, ${dims}] beside mu [${dims}], and holds features `
        + `[${features.shape.join(', ')}]. Make it again.`,
    );
  }
  const count = countIn(arrays.get('count'), name);
  const numbers = [mu, sigma, ...(features ? [features] : [])];
  if (numbers.some(({ values }) => !values.every(Number.isFinite))) {
    throw new DataError(`${name} should hold finite numbers, and some of its are not. Make it again.`);
  }
  if (mu.values.some((_, i) => sigma.values[i * (dims + 1)]! < 0)) {
    throw new DataError(
      `${name} should hold a covariance as sigma, and its diagonal has numbers below zero. Make it again.`,
    );
  }
  return {
    mean: Float64Array.from(mu.values),
    covariance: Float64Array.from(sigma.values),
    count,
    rows: Float64Array.from(features?.values ?? []),
  };
}

/** An array of another program may be called so and be no number of images. */
function countIn(array: FloatArray | undefined, name: string): number | null {
  if (array?.values.length !== 1) return null;
  const [count] = array.values;
  if (Number.isInteger(count) && count! > 0) return count!;
  throw new DataError(
    `${name} should hold a whole number of images as count, and holds ${count}. Make it again.`,
  );
}

/** Whether distances to given statistics mean anything: sigma must be a covariance, and of more images than
 *  features, or of as many as its rank shows where the file does not say. Throws DataError. It takes seconds
 *  at 2,048 features. */
export function requireSound(
  { mean: { length: dims }, covariance, count }: ReferenceStatistics,
  name: string,
): void {
  const {
    asymmetry,
    at: [row, column],
    least,
    largest,
    rank,
    varying,
  } = covarianceFacts(covariance, dims);
  if (asymmetry > covarianceTolerance) {
    const [above, below] = [covariance[row * dims + column]!, covariance[column * dims + row]!];
    throw new DataError(
      `Expected sigma of ${name} to be symmetric, as a covariance is, got ${above} at [${row}, `
        + `${column}] and ${below} at [${column}, ${row}]. Make it again.`,
    );
  }
  if (least < -covarianceTolerance * Math.max(largest, -least)) {
    throw new DataError(
      `Expected sigma of ${name} to have no negative eigenvalues, as a covariance has none, got `
        + `${least.toPrecision(3)} beside a largest of ${largest.toPrecision(3)}. Make it again.`,
    );
  }
  const rule =
    `A Frechet distance in ${dims} features needs statistics of at least ${dims + 1} images, for fewer `
    + 'give a singular covariance';
  if (count !== null && count <= dims)
    throw new DataError(`${rule}; ${name} has those of ${count}. Give statistics of more images.`);
  if (count === null && (rank < varying || rank === 0)) {
    throw new DataError(
      `${rule}; ${name} does not say of how many images it is, and its sigma has rank ${rank}, as `
        + `that of ${rank + 1} images has. Give statistics of more images; where they are of more, and `
        + 'its features depend on each other, store their number in it as count.',
    );
  }
}
