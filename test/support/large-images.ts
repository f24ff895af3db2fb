/** Prepared data sets of any size, written as they come: noise, the same megabytes over and over from another
 *  place each time. */
import { readFileSync } from 'node:fs';
import { randomFillSync } from 'node:crypto';
import { ImageSetFile } from '../../activities/datasets/image-set-file.ts';

const noiseBytes = 16 << 20;
/** No divisor of the noise's length: images differ. */
const stride = 4099;

/** A file of `count` images of this shape. */
export async function writeNoiseImages(
  path: string,
  count: number,
  shape: readonly number[],
): Promise<string> {
  const size = shape.reduce((a, b) => a * b, 1);
  const noise = randomFillSync(new Uint8Array(noiseBytes));
  const file = await ImageSetFile.create(path, size);
  for (let i = 0; i < count; i++) {
    const from = (i * stride) % (noiseBytes - size);
    await file.add(noise.subarray(from, from + size));
  }
  await file.finish(null);
  return path;
}

/** The most memory a process has had, MB. */
export const mostResidentMb = (pid: number): number =>
  Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
