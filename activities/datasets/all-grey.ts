/** Whether every image of a folder is grey, however it is stored: three equal channels are one. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Heartbeat } from '../ports/progress.ts';
import { hasColours } from './decode-image.ts';
import { BadInputError } from '../ports/data-errors.ts';
import { imageBytes } from './image-bytes.ts';
import { yieldInOrder } from './in-order.ts';

const atOnce = 16;

interface Limits {
  /** Of the images that are made of them. */
  readonly size: number;
  readonly maxPixels: number;
}

/** Ends at the first image with colours, the smallest files first, and the first alone: it mostly decides.
 *  One that cannot be read has none. Progress counts images, in the phase `images`. */
export async function allGrey(
  dataDir: string,
  names: readonly string[],
  limits: Limits,
  heartbeat: Partial<Heartbeat>,
): Promise<boolean> {
  const files = await bySize(dataDir, names);
  if (await isColoured(files[0]!, limits)) return false;
  let done = 1;
  for await (const found of yieldInOrder(files.slice(1), atOnce, (file) => isColoured(file, limits))) {
    heartbeat.signal?.throwIfAborted();
    if (found) return false;
    heartbeat.onProgress?.({ phase: 'images', done: ++done, total: files.length });
  }
  return true;
}

async function bySize(dataDir: string, names: readonly string[]): Promise<string[]> {
  const sized: { readonly path: string; readonly size: number }[] = [];
  for await (const one of yieldInOrder(names, atOnce, async (name) => ({
    path: join(dataDir, name),
    size: (await stat(join(dataDir, name))).size,
  })))
    sized.push(one);
  return sized.sort((a, b) => a.size - b.size).map(({ path }) => path);
}

async function isColoured(path: string, limits: Limits): Promise<boolean> {
  try {
    return await hasColours(path, await imageBytes(path), limits);
  } catch (error) {
    if (error instanceof BadInputError) return false;
    throw error;
  }
}
