/** Features of images in a given ONNX network: images [n, C, H, W] float32 of 0..255 in, features [n, ...] out. */
import { DataError } from '../../../models/errors.ts';
import { mergeStatistics, shardSize, statisticsOf, type FeatureStatistics } from '../../../models/metrics/feature-statistics.ts';
import { uniform } from '../../../models/random.ts';
import type { Meter } from './batches.ts';
import type { ImageShape } from './image-job.ts';
import type { Images } from './images.ts';
import type { OnnxRuntime } from './onnx-runtime.ts';
import { repeatGrey, toPlanes } from './pixels.ts';

export interface ImageFeatures {
  readonly statistics: FeatureStatistics;
  /** Of evenly spaced images, at most `keptRows`, [n, dims]. */
  readonly rows: Float32Array;
}

export interface FeatureNetwork {
  /** Features of one image of this shape. Throws DataError where the network cannot take it. */
  dims(shape: ImageShape): Promise<number>;
  /** Batches keep to the bounds of shards, and shards are merged in their order. */
  features(images: Images, shape: ImageShape, batchSize: number, progress: Meter): Promise<ImageFeatures>;
}

/** Enough for the kernel distance; precision and recall compare all pairs of them, which takes a minute or two at 2,048 features. */
export const keptRows = 5000;

/** The output `features` is taken where there is one, else the first. A network of coloured images sees grey ones as three equal colours. */
export async function openFeatureNetwork(path: string, runtime: OnnxRuntime): Promise<FeatureNetwork> {
  const model = await runtime.open(path);
  const output = model.outputNames.includes('features') ? 'features' : model.outputNames[0]!;
  const of = async (images: Uint8Array, [height, width, colours]: ImageShape): Promise<Float32Array> => {
    const coloured = colours === 1 && model.inputShape[1] === 3;
    const channels = coloured ? 3 : colours;
    const planes = toPlanes(coloured ? repeatGrey(images) : images, [height, width, channels]);
    return (await model.run(planes, [images.length / (height * width * colours), channels, height, width], [output]))[output]!;
  };
  return {
    async dims(shape) {
      const next = uniform(1, 'feature-network');
      const two = await of(Uint8Array.from({ length: 2 * shape.reduce((a, b) => a * b) }, () => 256 * next()), shape);
      if (two.length % 2 !== 0) throw new DataError(`${model.file} should give features for each image, and gives ${two.length} values for two: is its batch open?`);
      if (!two.every(Number.isFinite)) throw new DataError(`${model.file} should give finite features, and gives others for random images. Save it again.`);
      return two.length / 2;
    },
    async features(images, shape, batchSize, progress) {
      const { count } = images;
      const parts: FeatureStatistics[] = [];
      const keep = rowKeeper(count);
      for (let from = 0; from < count; from += shardSize) {
        const inShard = Math.min(shardSize, count - from);
        const found: Float32Array[] = [];
        await progress.each(inShard, batchSize, async (first, last) => void found.push((await of(images.read(from + first, from + last), shape)).slice()));
        const features = new Float32Array(found.reduce((sum, { length }) => sum + length, 0));
        found.reduce((at, part) => { features.set(part, at); return at + part.length; }, 0);
        const dims = features.length / inShard;
        parts.push(statisticsOf(features, dims));
        keep.add(features, dims);
      }
      return { statistics: mergeStatistics(parts), rows: keep.rows() };
    },
  };
}

/** Collects row floor(i count / kept) for each i, from rows that come in order. */
function rowKeeper(count: number) {
  const kept = Math.min(keptRows, count);
  let [seen, next, rows] = [0, 0, new Float32Array()];
  return {
    add(features: Float32Array, dims: number): void {
      if (rows.length === 0) rows = new Float32Array(kept * dims);
      for (let at = 0; at < features.length; at += dims, seen++) {
        if (next < kept && seen === Math.floor((next * count) / kept)) rows.set(features.subarray(at, at + dims), dims * next++);
      }
    },
    rows: () => rows,
  };
}
