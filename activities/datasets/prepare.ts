/** A data set as files: training and test tensors, its card, a picture. The same bytes for the same
 *  configuration, seed and files. */
import { join } from 'node:path';
import { setImmediate as nextTurnOfEventLoop } from 'node:timers/promises';
import type { ToyDensity } from '../../models/toy/density.ts';
import { createToy } from '../../models/toy/toy-density.ts';
import type { PreparedDataset } from '../contracts/dataset.ts';
import type { DrawnPoints } from '../config/data-seed.ts';
import { writeImageGrid } from '../formats/image-grid.ts';
import { encodeSafetensors } from '../formats/safetensors.ts';
import { writeScratch } from '../disk/scratch.ts';
import type { Progress, Heartbeat } from '../ports/progress.ts';
import { cardText, type DatasetCard } from './dataset-card.ts';
import { decoderVersion } from './decode-image.ts';
import type { HashedInput } from './hash-inputs.ts';
import { ImageSetFile } from './image-set-file.ts';
import type { ImageSource, ImageSplit } from './image-source.ts';
import type { ImageDatasetConfig } from '../config/dataset-config.ts';

export { openImages } from './open-images.ts';

/** Paths of files in the scratch folder, and what is known of the set. */
export type PreparedFiles = Pick<
  PreparedDataset,
  'shape' | 'trainCount' | 'testCount' | 'partial' | 'source' | 'preprocessing' | 'notes'
> & {
  readonly train: string;
  readonly test: string;
  readonly card: string;
  readonly picture: string | null;
};

const pictured = 64;
/** Between two of them heartbeats go out, and a cancellation is heard. */
const pointsAtOnce = 20_000;

/** Training and held-out points come from streams of their own. Progress counts both, in the phase
 *  `points`. */
export async function prepareToy(
  config: DrawnPoints['dataset'],
  seed: number,
  scratch: string,
  heartbeat: Heartbeat,
): Promise<PreparedFiles> {
  const { density, trainCount, testCount } = config;
  const toy = createToy(density);
  const progress = meter('points', trainCount + testCount, heartbeat);
  const train = await draw(toy.sampler(seed, `${density}/train`), trainCount, progress);
  const test = await draw(toy.sampler(seed, `${density}/test`), testCount, progress);
  const logDensity = await logDensityOf(toy, test, heartbeat);
  const files = { train: join(scratch, 'train.safetensors'), test: join(scratch, 'test.safetensors') };
  await writeScratch(
    files.train,
    encodeSafetensors({ x: { shape: [trainCount, 2], dtype: 'float32', values: train } }),
  );
  await writeScratch(
    files.test,
    encodeSafetensors({
      x: { shape: [testCount, 2], dtype: 'float32', values: test },
      logDensity: { shape: [testCount], dtype: 'float32', values: logDensity },
    }),
  );
  const facts = {
    shape: [2],
    partial: false,
    source: `${density}, drawn from its exact density with seed ${seed}`,
  };
  const card = await writeCard(scratch, {
    ...facts,
    licence: 'None needed: the points are made here.',
    values: 'float32',
    counts: { train: trainCount, test: testCount },
    labels: false,
    split: 'streams of their own for training and test points',
    preprocessing: [],
    remarks: [],
    config: { ...config, seed },
    decoder: null,
    inputs: [],
  });
  return { ...facts, ...files, card, picture: null, trainCount, testCount };
}

async function draw(
  sampler: ReturnType<ToyDensity['sampler']>,
  count: number,
  progress: (points: number) => void,
): Promise<Float32Array> {
  const points = new Float32Array(2 * count);
  for (let at = 0; at < count; at += pointsAtOnce) {
    const some = Math.min(pointsAtOnce, count - at);
    points.set(sampler(some), 2 * at);
    progress(some);
    await nextTurnOfEventLoop();
  }
  return points;
}

async function logDensityOf(
  toy: ToyDensity,
  points: Float32Array,
  { signal }: Heartbeat,
): Promise<Float32Array> {
  const logDensity = new Float32Array(points.length / 2);
  for (let at = 0; at < logDensity.length; at += pointsAtOnce) {
    signal.throwIfAborted();
    logDensity.set(toy.logDensity(points.subarray(2 * at, 2 * (at + pointsAtOnce))), at);
    await nextTurnOfEventLoop();
  }
  return logDensity;
}

/** Reads, decodes and writes image by image: memory does not grow with the set. Progress counts images of
 *  both splits, in the phase `images`. Throws BadInputError. */
export async function prepareImages(
  config: ImageDatasetConfig,
  source: ImageSource,
  inputs: readonly HashedInput[],
  scratch: string,
  heartbeat: Heartbeat,
): Promise<PreparedFiles> {
  const { shape, partial } = source;
  const progress = meter('images', source.train.count + source.test.count, heartbeat);
  const train = await writeSplit(join(scratch, 'train.safetensors'), source.train, shape, progress);
  const test = await writeSplit(join(scratch, 'test.safetensors'), source.test, shape, progress);
  const picture = join(scratch, 'picture.png');
  await writeImageGrid(train.first, shape, picture);
  const card = await writeCard(scratch, {
    source: source.source,
    ...source.card,
    shape,
    values: 'uint8',
    counts: { train: train.count, test: test.count },
    partial,
    labels: train.labelled && test.labelled,
    remarks: source.remarks(),
    config,
    decoder: config.kind === 'celeba' || config.kind === 'folder' ? decoderVersion : null,
    inputs,
  });
  const notes = source.notes?.() ?? [];
  return {
    shape,
    partial,
    source: source.source,
    train: train.path,
    test: test.path,
    trainCount: train.count,
    testCount: test.count,
    card,
    picture,
    preprocessing: source.card.preprocessing,
    ...(notes.length > 0 && { notes }),
  };
}

interface WrittenSplit {
  readonly path: string;
  readonly count: number;
  readonly labelled: boolean;
  readonly first: Uint8Array;
}

async function writeSplit(
  path: string,
  split: ImageSplit,
  shape: ImageSource['shape'],
  progress: (images: number) => void,
): Promise<WrittenSplit> {
  const size = shape.reduce((a, b) => a * b, 1);
  const first: Uint8Array[] = [];
  let seen = 0;
  const file = await ImageSetFile.create(path, size);
  try {
    for await (const images of split.images()) {
      if (seen < pictured) first.push(images.slice(0, (pictured - seen) * size));
      seen += images.length / size;
      await file.add(images);
      progress(images.length / size);
    }
    const labels = await split.labels();
    return { path, count: await file.finish(labels), labelled: labels !== null, first: Buffer.concat(first) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Throws the signal's reason once it is aborted. */
function meter(
  phase: Progress['phase'],
  total: number,
  { signal, onProgress }: Heartbeat,
): (count: number) => void {
  const startedAt = performance.now();
  let done = 0;
  return (count) => {
    signal.throwIfAborted();
    done += count;
    onProgress({ phase, done, total, perSecond: done / ((performance.now() - startedAt) / 1000) });
  };
}

async function writeCard(scratch: string, card: DatasetCard): Promise<string> {
  const path = join(scratch, 'card.json');
  await writeScratch(path, cardText(card));
  return path;
}
