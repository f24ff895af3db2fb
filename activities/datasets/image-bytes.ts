/** The content of an image file, unless it is larger than images are: several are in memory at once. */
import { readFile, stat } from 'node:fs/promises';
import { BadInputError } from '../ports/data-errors.ts';

/** A photograph of 50 megapixels has some 30 MB as JPEG. */
export const largestImageFile = 64 << 20;

/** Throws BadInputError. */
export async function imageBytes(path: string): Promise<Uint8Array> {
  await requireImageSize(path);
  return readFile(path);
}

/** Throws BadInputError. Before anything is hashed: a few blocks on a disk can be a file of terabytes. */
export async function requireImageSize(path: string): Promise<void> {
  const { size } = await stat(path);
  if (size > largestImageFile)
    throw new BadInputError(
      `${path} should have at most ${largestImageFile} bytes, and has ${size}: it is no image that `
        + 'can be read.',
    );
}
