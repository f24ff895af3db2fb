/** The reader of each kind of image set. */
import type { ImageDatasetConfig } from '../config/dataset-config.ts';
import type { Heartbeat } from '../ports/progress.ts';
import { MissingDataError } from '../ports/data-errors.ts';
import { openCeleba } from './celeba.ts';
import { openCifar10 } from './cifar10.ts';
import { openFolder } from './folder.ts';
import type { ImageSource } from './image-source.ts';
import { openMnist } from './mnist.ts';
import { openNpz } from './npz-images.ts';
import { openSvhn } from './svhn.ts';

/** What a data folder has to hold for each kind. */
export const officialForms: Readonly<Record<ImageDatasetConfig['kind'], string>> = {
  cifar10:
    "CIFAR-10's files: its binary version (data_batch_1.bin ... or cifar-10-binary.tar.gz), its "
    + "Python or its MATLAB version, or Hugging Face's parquet files",
  svhn: "SVHN's train_32x32.mat and test_32x32.mat",
  mnist:
    "MNIST's four IDX files (train-images-idx3-ubyte.gz ...), as published or as torchvision lays "
    + "them, or Hugging Face's parquet files",
  celeba: "CelebA's img_align_celeba/ or img_align_celeba.zip, and list_eval_partition.txt",
  folder: 'images',
  npz: 'a .npz file of images, uint8 [N, H, W, C]',
};

/** Checks that the files are there and fit each other; what is wrong inside them may show only while they are
 *  read. Throws MissingDataError or BadInputError, and the signal's reason once it is aborted: to list a
 *  million files takes a while. */
export async function openImages(
  config: ImageDatasetConfig,
  dataDir: string | null,
  signal?: AbortSignal,
  onProgress?: Heartbeat['onProgress'],
): Promise<ImageSource> {
  if (dataDir === null)
    throw new MissingDataError(
      `The data set ${config.kind} is read from files: give a folder with `
        + `${officialForms[config.kind]} as --data-dir.`,
    );
  return openKind(config, dataDir, signal, onProgress);
}

function openKind(
  config: ImageDatasetConfig,
  dataDir: string,
  signal?: AbortSignal,
  onProgress?: Heartbeat['onProgress'],
): Promise<ImageSource> {
  switch (config.kind) {
    case 'cifar10':
      return openCifar10(dataDir, config, signal);
    case 'svhn':
      return openSvhn(dataDir, config);
    case 'mnist':
      return openMnist(dataDir, config);
    case 'celeba':
      return openCeleba(dataDir, config, signal);
    case 'folder':
      return openFolder(dataDir, config, signal, onProgress);
    case 'npz':
      return openNpz(dataDir, config);
  }
}
