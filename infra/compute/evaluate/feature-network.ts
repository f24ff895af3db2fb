/** Features of images in a given ONNX network: images [n, C, H, W] of 0..255 in, features [n, d] out. Both
 *  may be float32, float16 or float64, the images bytes too: that is exact. Ones beside d, as pooling leaves
 *  them in [n, d, 1, 1], are passed over; maps are refused. */
import { DataError } from '../../../models/core/errors.ts';
import {
  mergeStatistics,
  shardSize,
  statisticsOf,
  type FeatureStatistics,
} from '../../../models/metrics/feature-statistics.ts';
import type { Meter } from './batches.ts';
import { probeImages, requireIndependence } from './batch-independence.ts';
import type { ImageSides } from './image-job.ts';
import type { Images } from './images.ts';
import type { Floats, NetworkOutput } from './network-values.ts';
import type { OnnxSession, OnnxRuntime } from './onnx-runtime.ts';
import { repeatGrey, toPlanes } from './pixels.ts';

export interface ImageFeatures {
  readonly statistics: FeatureStatistics;
  /** Of evenly spaced images, at most `keptRows`, [n, dims]. */
  readonly rows: Floats;
}

export interface LoadedNetwork {
  /** Number of features of one image of this shape. Throws DataError where the network cannot take it, gives
   *  it features that are no finite numbers, or features that depend on what else is in the batch. */
  check(shape: ImageSides): Promise<number>;
  /** Batches keep to the bounds of shards, and shards are merged in their order. */
  features(images: Images, shape: ImageSides, batchSize: number, progress: Meter): Promise<ImageFeatures>;
}

/** Enough for the kernel distance; precision and recall compare all pairs of them, which takes a minute or
 *  two at 2,048 features. */
export const keptRows = 5000;

/** The output `features` is taken where there is one, else the first. A network of coloured images sees grey
 *  ones as three equal colours. `name` is how messages name it. */
export async function openFeatureNetwork(
  path: string,
  runtime: OnnxRuntime,
  name?: string,
): Promise<LoadedNetwork> {
  const model = await runtime.open(path, { name });
  const output = model.outputNames.includes('features') ? 'features' : model.outputNames[0]!;
  const channelsFor = (colours: number): number =>
    colours === 1 && model.input.shape[1] === 3 ? 3 : colours;
  const of = async (images: Uint8Array, [height, width, colours]: ImageSides): Promise<NetworkOutput> => {
    const channels = channelsFor(colours);
    const planes = toPlanes(channels === colours ? images : repeatGrey(images), [height, width, channels]);
    const found = await model.read(
      planes,
      [images.length / (height * width * colours), channels, height, width],
      output,
    );
    const [, ...sizes] = found.shape;
    if (sizes.filter((size) => size !== 1).length <= 1) return found;
    throw new DataError(
      `Expected the output "${output}" of ${model.file} to be features [n, d], got ${found.type} [n, `
        + `${sizes.join(', ')}]. Give a network that pools or flattens them.`,
    );
  };
  return {
    async check(shape) {
      requireInput(model, [channelsFor(shape[2]), shape[0], shape[1]]);
      const images = probeImages(shape);
      const { values } = await of(Buffer.concat(images), shape);
      if (!values.every(Number.isFinite)) {
        throw new DataError(
          `${model.file} should give finite features, and gives others for random images. Save it again.`,
        );
      }
      await requireIndependence((some) => of(some, shape), shape, model.file);
      return values.length / images.length;
    },
    async features(images, shape, batchSize, progress) {
      const { count } = images;
      const parts: FeatureStatistics[] = [];
      const keep = rowKeeper(count);
      for (let from = 0; from < count; from += shardSize) {
        const inShard = Math.min(shardSize, count - from);
        const found: Floats[] = [];
        await progress.each(inShard, batchSize, async (first, last) => {
          const { values } = await of(images.read(from + first, from + last), shape);
          found.push(values.slice());
        });
        const features = joined(found);
        const dims = features.length / inShard;
        const bad = features.findIndex((value) => !Number.isFinite(value));
        if (bad >= 0) {
          throw new DataError(
            `Expected finite features from ${model.file}, got ${features[bad]} for image `
              + `${from + Math.floor(bad / dims)}. Give another network.`,
          );
        }
        parts.push(statisticsOf(features, dims));
        keep.add(features, dims);
      }
      return { statistics: mergeStatistics(parts), rows: keep.rows() };
    },
  };
}

/** What the check of a network with open sizes cannot see before it runs is left to onnxruntime. */
function requireInput(
  { file, inputNames, input: { name, type, shape } }: OnnxSession,
  image: readonly number[],
): void {
  if (inputNames.length !== 1) {
    throw new DataError(
      `Expected ${file} to have one input, images, got ${inputNames.length}: `
        + `${inputNames.join(', ')}. Save it with the others fixed.`,
    );
  }
  const [batch, ...sizes] = shape;
  const fits =
    shape.length === 4
    && typeof batch === 'string'
    && sizes.every((size, i) => typeof size === 'string' || size === image[i]);
  if (fits || shape.length === 0) return;
  const [channels, height, width] = image;
  const remedy =
    shape.length !== 4
      ? 'Give a network of images.'
      : sizes.join() === [height, width, channels].join()
        ? 'It takes the channels last: save it with a transposition from [n, C, H, W] before it.'
        : typeof batch === 'number'
          ? 'Its batch is fixed: save it with a batch that is left open.'
          : 'Give a network for images of this size.';
  throw new DataError(
    `Expected the input "${name}" of ${file} to take [n, ${image.join(', ')}], got ${type} `
      + `[${shape.join(', ')}]. ${remedy}`,
  );
}

function joined(parts: readonly Floats[]): Floats {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = parts[0] instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
  parts.reduce((at, part) => {
    whole.set(part, at);
    return at + part.length;
  }, 0);
  return whole;
}

/** Collects row floor(i count / kept) for each i, from rows that come in order. */
function rowKeeper(count: number) {
  const kept = Math.min(keptRows, count);
  let [seen, next] = [0, 0];
  let rows: Floats = new Float32Array();
  return {
    add(features: Floats, dims: number): void {
      if (rows.length === 0)
        rows =
          features instanceof Float64Array ? new Float64Array(kept * dims) : new Float32Array(kept * dims);
      for (let at = 0; at < features.length; at += dims, seen++) {
        if (next < kept && seen === Math.floor((next * count) / kept))
          rows.set(features.subarray(at, at + dims), dims * next++);
      }
    },
    rows: () => rows,
  };
}
