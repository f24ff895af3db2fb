/** Images of a prepared data set. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { decodeSafetensors, takeArray } from '../../../activities/safetensors.ts';

/** Packed int32 [n, size / 4] -> bytes [n, size]. */
export async function readImages(path: string): Promise<Uint8Array> {
  const { values } = takeArray(decodeSafetensors(await readFile(path), basename(path)), 'x', 'int32', basename(path));
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
