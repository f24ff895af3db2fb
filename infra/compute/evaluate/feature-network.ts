/** Statistics of image sets in the features of a given ONNX network: images [n, C, H, W] float32 of 0..255 in, features [n, ...] out. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { mergeStatistics, statisticsOf, type FeatureStatistics } from '../../../models/metrics/feature-statistics.ts';
import type { Meter } from './batches.ts';
import type { OnnxRuntime } from './onnx-runtime.ts';
import { toPlanes } from './pixels.ts';

export interface FeatureNetwork {
  /** File name and the beginning of its hash: which network a distance was measured in. */
  readonly label: string;
  /** images [n, H, W, C] bytes. Batches are merged in their order. */
  statistics(images: Uint8Array, shape: readonly [number, number, number], batchSize: number, progress: Meter): Promise<FeatureStatistics>;
}

/** The output `features` is taken where there is one, else the first. */
export async function openFeatureNetwork(path: string, name: string | undefined, runtime: OnnxRuntime): Promise<FeatureNetwork> {
  const model = await runtime.open(path);
  const output = model.outputNames.includes('features') ? 'features' : model.outputNames[0]!;
  const sha256 = createHash('sha256').update(await readFile(path)).digest('hex');
  return {
    label: `${name ?? basename(path)} (sha256 ${sha256.slice(0, 12)})`,
    async statistics(images, shape, batchSize, progress) {
      const [height, width, colours] = shape;
      const size = height * width * colours;
      const parts: FeatureStatistics[] = [];
      await progress.each(images.length / size, batchSize, async (from, to) => {
        const planes = toPlanes(images.subarray(from * size, to * size), shape);
        const found = (await model.run(planes, [to - from, colours, height, width], [output]))[output]!;
        parts.push(statisticsOf(found, found.length / (to - from)));
      });
      return mergeStatistics(parts);
    },
  };
}
