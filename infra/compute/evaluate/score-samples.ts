/** How far the samples of each model are from the data, in the features of a given network. */
import type { FeatureFiles } from '../../../activities/ports/compute.ts';
import { frechetDistance, gaussianOf } from '../../../models/metrics/frechet.ts';
import { kernelDistance } from '../../../models/metrics/kernel-distance.ts';
import { shareInside, supportOf, type Support } from '../../../models/metrics/precision-recall.ts';
import { meter, type EvaluationContext, type Meter } from './batches.ts';
import type { DrawnImages } from './draw-images.ts';
import { keptRows, openFeatureNetwork, type ImageFeatures } from './feature-network.ts';
import type { ImageJob, ImageSides } from './image-job.ts';
import type { OnnxRuntime } from './onnx-runtime.ts';
import {
  readGivenReference,
  readReference,
  requireSound,
  type ReferenceStatistics,
} from './reference-file.ts';

type Results = Record<string, number | string>;

/** `frechet.<sampler>` against the training images, `frechet.test.<sampler>` against the test images where
 *  there are more of them than features, `frechet.reference.<sampler>` against statistics given as a file; in
 *  the features of the FID Inception network with its official weights, and in no others, these are `fid`.
 *  `kid.<sampler>` (or `kernel`, by the same rule) with `.deviation`, `precision.<sampler>` and
 *  `recall.<sampler>` against the training images, of `precision.samples` images of each set.
 *  `frechet.network`, `.samples` and `.against` say what they are distances of. */
export async function scoreSamples(
  job: ImageJob,
  drawn: Record<string, DrawnImages>,
  runtime: OnnxRuntime,
  context: EvaluationContext,
): Promise<Results> {
  const {
    evaluation: { samples, batchSize },
    shape,
  } = job;
  const files = job.features!;
  const network = await openFeatureNetwork(files.network, runtime, files.label);
  const against = await readReferences(files);
  const {
    rows: real,
    mean: { length: dims },
    count,
  } = against.train!;
  const progress = meter('features', samples * Object.keys(drawn).length, context);
  const comparison = meter('comparison', (2 * Object.keys(drawn).length + 1) * 100, context);
  const compared = Math.min(samples, keptRows, real.length / dims);
  const results: Results = { ...named(files, samples, count!), 'precision.samples': compared };
  let support: Support | null = null;
  const supportOfData = () => supportOf(evenly(real, dims, compared), dims, shareOf(comparison, compared));
  for (const [name, { images }] of Object.entries(drawn)) {
    const features = await network.features(images, shape as unknown as ImageSides, batchSize, progress);
    // first: it says what too few samples are
    Object.assign(results, distances(files, name, features, against));
    support ??= await supportOfData();
    Object.assign(
      results,
      await comparisons(
        files,
        name,
        { real, made: Float64Array.from(features.rows) },
        support,
        job.seed,
        comparison,
      ),
    );
  }
  return results;
}

/** Rows done, as hundredths of all that a phase goes through. */
const shareOf =
  (progress: Meter, rows: number) =>
  (count: number): Promise<void> =>
    progress.each((100 * count) / rows, 100, async () => {});

const prefix = ({ fid }: FeatureFiles): string => (fid ? 'fid' : 'frechet');

const named = (files: FeatureFiles, samples: number, trainCount: number): Results => ({
  [`${prefix(files)}.network`]: files.label,
  [`${prefix(files)}.samples`]: samples,
  [`${prefix(files)}.against`]: `train, ${trainCount} images`,
  ...(files.given && { [`${prefix(files)}.reference.file`]: files.given.name }),
});

/** The test images only where they are enough for a covariance. */
async function readReferences({
  train,
  test,
  given,
}: FeatureFiles): Promise<Partial<Record<'train' | 'test' | 'reference', ReferenceStatistics>>> {
  const held = await readReference(test);
  return {
    train: await readReference(train),
    ...(held.count! > held.mean.length && { test: held }),
    ...(given && { reference: await soundReference(given) }),
  };
}

/** Looked at again: what was found good at a run's beginning may have been so by the rules of another
 *  version. */
async function soundReference({
  path,
  name,
}: NonNullable<FeatureFiles['given']>): Promise<ReferenceStatistics> {
  const reference = await readGivenReference(path, name);
  requireSound(reference, name);
  return reference;
}

function distances(
  files: FeatureFiles,
  name: string,
  { statistics }: ImageFeatures,
  against: Partial<Record<string, ReferenceStatistics>>,
): Results {
  const samples = gaussianOf(statistics, name);
  return Object.fromEntries(
    Object.entries(against).map(([which, reference]) => [
      [prefix(files), ...(which === 'train' ? [] : [which]), name].join('.'),
      frechetDistance(reference!, samples),
    ]),
  );
}

/** Kernel distance, precision and recall, from the features that are kept of each set. */
async function comparisons(
  { fid }: FeatureFiles,
  name: string,
  { real, made }: Record<'real' | 'made', Float64Array>,
  data: Support,
  seed: number,
  progress: Meter,
): Promise<Results> {
  const { dims } = data;
  const kernel = await kernelDistance(real, made, {
    dims,
    seed,
    onSubset: (_, subsets) => progress.each(100 / subsets, 100, async () => {}),
  });
  const count = data.norms.length;
  const share = shareOf(progress, 3 * count);
  const samples = await supportOf(evenly(made, dims, count), dims, share);
  const kid = fid ? 'kid' : 'kernel';
  return {
    [`${kid}.${name}`]: kernel.mean,
    [`${kid}.deviation.${name}`]: kernel.deviation,
    [`precision.${name}`]: await shareInside(samples, data, share),
    [`recall.${name}`]: await shareInside(data, samples, share),
  };
}

/** Row floor(i n / count) of n for each i: as many of each set, for a support grows with the number of its
 *  samples. */
function evenly(rows: Float64Array, dims: number, count: number): Float64Array {
  const n = rows.length / dims;
  return Float64Array.from(
    { length: count * dims },
    (_, i) => rows[Math.floor((Math.floor(i / dims) * n) / count) * dims + (i % dims)]!,
  );
}
