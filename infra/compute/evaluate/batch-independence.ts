/** Whether a network gives an image the same features whatever else is in its batch. Batch normalisation in
 *  training mode, dropout and dynamic quantisation do not: a distance in such features depends on the size of
 *  the batches, and means nothing. */
import { DataError } from '../../../models/core/errors.ts';
import { relativeDifference } from '../../../models/metrics/relative-difference.ts';
import { uniform } from '../../../models/core/random.ts';
import type { ImageSides } from './image-job.ts';
import type { Floats, NetworkOutput } from './network-values.ts';

/** Where size of the batch and place in it are the same, the arithmetic of an image is too: only its order
 *  may differ between threads. */
const sameArithmetic = 1e-5;
/** Another size or place may be computed by other kernels, which round otherwise: in float32 networks some
 *  1e-6. Networks that compute in half precision (11 bits) round by 5e-4 at each step; those whose outputs
 *  are float32 may do so inside. */
const otherKernels = { float32: 1e-3, float64: 1e-3, float16: 1e-2 } as const;

/** Ranges of grey levels: dark and bright, flat and rich in contrast. Pictures that are all alike would not
 *  move a batch's statistics. */
const ranges = [
  [64, 192],
  [0, 48],
  [208, 255],
  [0, 255],
  [100, 120],
  [20, 240],
  [160, 200],
] as const;

/** Images of noise [ranges.length, H, W, C], each in a range of its own. */
export function probeImages(shape: ImageSides): Uint8Array[] {
  const next = uniform(1, 'feature-network');
  return ranges.map(([from, to]) =>
    Uint8Array.from(
      { length: shape.reduce((a, b) => a * b) },
      () => from + Math.floor((to - from + 1) * next()),
    ),
  );
}

type FeaturesOf = (images: Uint8Array) => Promise<Pick<NetworkOutput, 'values' | 'type'>>;

/** `of` leads from images, one after the other, to their features [n, dims]. `file` names the network.
 *  Throws DataError with the reason. */
export async function requireIndependence(of: FeaturesOf, shape: ImageSides, file: string): Promise<void> {
  const [first, ...others] = probeImages(shape) as [Uint8Array, ...Uint8Array[]];
  const [some, more] = [others.slice(0, 3), others.slice(3)];
  const { values: alone, type } = await of(first);
  const at = async (place: number, ...images: readonly Uint8Array[]): Promise<Floats> => {
    const { values } = await of(Buffer.concat(images));
    const dims = values.length / images.length;
    return values.slice(place * dims, (place + 1) * dims);
  };
  const within = await at(0, first, ...some);
  const compared = [
    ['twice in the same batch', await at(0, first, ...some), sameArithmetic, randomRemedy],
    ['in two batches with other images beside it', await at(0, first, ...more), sameArithmetic, batchRemedy],
    ['alone and in a batch of 4', alone, otherKernels[type], batchRemedy],
    [
      'at the beginning and at the end of a batch of 4',
      await at(3, ...some, first),
      otherKernels[type],
      batchRemedy,
    ],
  ] as const;
  for (const [where, features, tolerance, remedy] of compared) {
    const difference = relativeDifference(features, within);
    if (difference <= tolerance) continue;
    throw new DataError(
      `Expected ${file} to give an image the same features ${where}, got features that differ by `
        + `${percent(difference)}. ${remedy}`,
    );
  }
}

const randomRemedy = 'Something in it is random: save it for inference, with dropout off.';
const batchRemedy =
  'They depend on the batch, and distances would depend on evaluation.batchSize: save the network '
  + 'for inference, with the statistics of its batch normalisation (and the scales of its '
  + 'quantisation) fixed.';

const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;
