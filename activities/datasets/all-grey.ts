/** Whether every image of a folder is grey, however it is stored: three equal channels are one. */
import { join } from 'node:path';
import type { Pulse } from '../ports.ts';
import { hasColours } from './decode-image.ts';
import { BadInputError } from './errors.ts';
import { imageBytes } from './image-bytes.ts';
import { inOrder } from './in-order.ts';

const atOnce = 16;

/** Ends at the first image with colours; one that cannot be read has none. Progress counts images, in the phase `images`. */
export async function allGrey(dataDir: string, names: readonly string[], maxPixels: number, pulse: Partial<Pulse>): Promise<boolean> {
  let done = 0;
  for await (const coloured of inOrder(names, atOnce, (name) => colouredIn(join(dataDir, name), maxPixels))) {
    pulse.signal?.throwIfAborted();
    if (coloured) return false;
    pulse.onProgress?.({ phase: 'images', done: ++done, total: names.length });
  }
  return true;
}

async function colouredIn(path: string, maxPixels: number): Promise<boolean> {
  try {
    return await hasColours(path, await imageBytes(path), maxPixels);
  } catch (error) {
    if (error instanceof BadInputError) return false;
    throw error;
  }
}
