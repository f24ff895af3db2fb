/** Sets of images that stay on the disk, and are read a batch at a time: those of a prepared data set, and
 *  samples. */
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { ImageSetFile } from '../../../activities/datasets/image-set-file.ts';
import { SafetensorsFile } from '../../../activities/formats/safetensors-file.ts';
import { DataError } from '../../../models/core/errors.ts';
import { pixelsOf } from './image-job.ts';

export interface Images {
  readonly count: number;
  /** The images [from, to), bytes [to - from, H, W, C]; fewer where there are fewer. Throws StorageError. */
  read(from: number, to: number): Uint8Array;
}

export interface OpenImages extends Images {
  close(): void;
}

/** Images [n, H, W, C] that are in memory. */
export function inMemory(bytes: Uint8Array, shape: readonly number[]): Images {
  const size = pixelsOf(shape);
  return { count: bytes.length / size, read: (from, to) => bytes.subarray(from * size, to * size) };
}

/** Images of a file whose `x` is packed int32 [n, H*W*C/4]. Throws SafetensorsError, StorageError, and
 *  DataError for images of another size. */
export function openStoredImages(path: string, shape: readonly number[]): OpenImages {
  const file = new SafetensorsFile(path, basename(path));
  try {
    const { count, width, read } = file.rows('x', 'int32');
    if (4 * width !== pixelsOf(shape)) {
      throw new DataError(
        `Expected images of ${pixelsOf(shape)} bytes [${shape}] in ${file.name}, got ${4 * width}. `
          + 'Prepare the data set again.',
      );
    }
    return {
      count,
      read: (from, to) => {
        const { buffer } = read(Math.min(from, count), Math.min(to, count));
        return new Uint8Array(buffer);
      },
      close: () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** What `write` hands to `add`, whole images at a time, as a set of them; its file at `path` loses its name
 *  at once, and its bytes when it is closed. Throws StorageError, StorageFullError. */
export async function keptImages(
  path: string,
  shape: readonly number[],
  write: (add: (images: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<OpenImages> {
  const file = await ImageSetFile.create(path, pixelsOf(shape));
  try {
    try {
      await write((images) => file.add(images));
      await file.finish(null);
    } catch (error) {
      await file.close();
      throw error;
    }
    return openStoredImages(path, shape);
  } finally {
    await rm(path, { force: true });
  }
}
