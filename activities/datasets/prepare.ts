/** A data set as two safetensors files, training and test: the same bytes for the same configuration, seed and files. */
import { createToy } from '../../models/toy/toy-density.ts';
import { packBytes } from '../../models/graph/bytes.ts';
import type { DatasetConfig, PreparedDataset } from '../contracts.ts';
import { encodeSafetensors } from '../safetensors.ts';
import { checkCifar10, cifar10Shape, readCifar10 } from './cifar10.ts';
import { MissingDataError } from './errors.ts';

export type PreparedFiles = Pick<PreparedDataset, 'shape' | 'trainCount' | 'testCount' | 'partial' | 'source'> & {
  readonly train: Uint8Array;
  readonly test: Uint8Array;
};

export interface PrepareOptions {
  /** Toy points are a function of it; images do not depend on it. */
  readonly seed: number;
  readonly dataDir: string | null;
}

/** Throws MissingDataError or BadInputError where files are read. */
export const prepareDataset = async (config: DatasetConfig, { seed, dataDir }: PrepareOptions): Promise<PreparedFiles> =>
  config.kind === 'toy' ? prepareToy(config, seed) : prepareCifar10(config, dataDir);

/** Training and held-out points come from streams of their own. */
function prepareToy({ density, trainCount, testCount }: Extract<DatasetConfig, { kind: 'toy' }>, seed: number): PreparedFiles {
  const toy = createToy(density);
  const train = toy.sample(trainCount, seed, `${density}/train`);
  const test = toy.sample(testCount, seed, `${density}/test`);
  const logDensity = Float32Array.from(toy.logDensity(test));
  return {
    train: encodeSafetensors({ x: { shape: [trainCount, 2], dtype: 'float32', values: train } }),
    test: encodeSafetensors({
      x: { shape: [testCount, 2], dtype: 'float32', values: test },
      logDensity: { shape: [testCount], dtype: 'float32', values: logDensity },
    }),
    shape: [2], trainCount, testCount, partial: false,
    source: `${density}, drawn from its exact density with seed ${seed}`,
  };
}

async function prepareCifar10({ allowPartial }: Extract<DatasetConfig, { kind: 'cifar10' }>, dataDir: string | null): Promise<PreparedFiles> {
  if (dataDir === null) throw new MissingDataError('CIFAR-10 is read from files: give the folder of its binary version as --data-dir.');
  const files = await checkCifar10(dataDir, { allowPartial });
  const [train, test] = [await readCifar10(files.train), await readCifar10([files.test])];
  const size = cifar10Shape.reduce((a, b) => a * b, 1);
  const [trainCount, testCount] = [train.length / size, test.length / size];
  return {
    train: encodeImages(train, size),
    test: encodeImages(test, size),
    shape: cifar10Shape, trainCount, testCount, partial: files.partial,
    source: `CIFAR-10, binary version${files.partial ? `, a part of it (${trainCount} of 50000 training and ${testCount} of 10000 test images)` : ''}`,
  };
}

/** Images [N, size] of bytes -> `x` [N, size / 4], four bytes in each int32. */
const encodeImages = (images: Uint8Array, size: number): Uint8Array =>
  encodeSafetensors({ x: { shape: [images.length / size, size / 4], dtype: 'int32', values: packBytes(images) } });
