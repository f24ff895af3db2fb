/** The training images nearest to samples, in pixels: a model that remembers its data has some at almost no
 *  distance. */
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { meter, type EvaluationContext } from './batches.ts';
import type { DrawnImages } from './draw-images.ts';
import { pixelsOf, type Findings, type ImageJob, type ImageSides } from './image-job.ts';
import type { Images } from './images.ts';
import { writeImageGrid } from '../../../activities/formats/image-grid.ts';

/** Samples whose neighbours are sought; of the first ones they are shown. */
const sought = 32;
const shown = 8;
const neighbours = 7;
/** Bounds the time: about 4 s for each set of samples at 32 x 32 x 3. */
const searched = 50_000;
const batch = 256;

interface Neighbour {
  readonly image: number;
  /** Sum of squared differences of bytes. */
  readonly distance: number;
}

/** `neighbours.rmsGreyLevels.<sampler>`: mean distance of a sample to its nearest training image, root mean
 *  square over pixels in grey levels, beside that of test images, `.data`; `neighbours.searched`: how many
 *  training images. Files `neighbours-<sampler>.png`: a row for each sample, itself first. */
export async function findNeighbours(
  { shape }: ImageJob,
  train: Images,
  test: Images,
  drawn: Record<string, DrawnImages>,
  context: EvaluationContext,
): Promise<Findings> {
  const dim = pixelsOf(shape);
  const sets = [
    ['data', test] as const,
    ...Object.entries(drawn).map(([name, { images }]) => [name, images] as const),
  ];
  const among = Math.min(train.count, searched);
  const progress = meter('neighbours', sets.length * among, context);
  const results: Record<string, number> = { 'neighbours.searched': among };
  const files: Record<string, string> = {};
  for (const [name, images] of sets) {
    const queries = images.read(0, sought);
    const found: Neighbour[][] = Array.from({ length: queries.length / dim }, () => []);
    await progress.each(among, batch, async (from, to) => {
      search(queries, train.read(from, to), from, dim, found);
      await setImmediate(); // lets progress and the end of the parent through
    });
    results[`neighbours.rmsGreyLevels.${name}`] =
      found.reduce((sum, [nearest]) => sum + Math.sqrt(nearest!.distance / dim), 0) / found.length;
    const file = `neighbours-${name}.png`;
    files[file] = join(context.scratch, file);
    await writeImageGrid(
      rows(queries, train, found, dim),
      shape as ImageSides,
      files[file],
      1 + Math.min(neighbours, among),
    );
  }
  return { results, files };
}

/** Brings the nearest of each query, nearest first, up to date with some images, the first of which is number
 *  `from`. */
function search(
  queries: Uint8Array,
  images: Uint8Array,
  from: number,
  dim: number,
  found: Neighbour[][],
): void {
  found.forEach((nearest, query) => {
    for (let at = 0; at < images.length; at += dim) {
      const distance = squaredDistance(queries, query * dim, images, at, dim);
      if (nearest.length === neighbours && distance >= nearest.at(-1)!.distance) continue;
      const place = nearest.findIndex((known) => distance < known.distance);
      nearest.splice(place < 0 ? nearest.length : place, 0, { image: from + at / dim, distance });
      nearest.length = Math.min(nearest.length, neighbours);
    }
  });
}

/** In 32-bit integers, which hold it for up to 2^31 / 255^2 = 33,025 values; larger images are summed in
 *  float64. */
function squaredDistance(a: Uint8Array, atA: number, b: Uint8Array, atB: number, dim: number): number {
  let total = 0;
  for (let start = 0; start < dim; start += 32_768) {
    let sum = 0;
    for (let i = start; i < Math.min(dim, start + 32_768); i++) {
      const difference = (a[atA + i]! - b[atB + i]!) | 0;
      sum = (sum + Math.imul(difference, difference)) | 0;
    }
    total += sum;
  }
  return total;
}

function rows(
  queries: Uint8Array,
  images: Images,
  found: readonly (readonly Neighbour[])[],
  dim: number,
): Uint8Array {
  return Buffer.concat(
    found
      .slice(0, shown)
      .flatMap((nearest, query) => [
        queries.subarray(query * dim, (query + 1) * dim),
        ...nearest.map(({ image }) => images.read(image, image + 1)),
      ]),
  );
}
