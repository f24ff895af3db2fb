/** Images side by side as one PNG file. */
import sharp from 'sharp';
import { writeScratch } from '../disk/scratch.ts';

const gap = 2;

/** Images [n, H, W, C] of bytes (C 1 or 3) row by row, in as many columns as are asked for or in a grid as
 *  square as their number allows; writes `path`. */
export async function writeImageGrid(
  images: Uint8Array,
  [height, width, colours]: readonly [number, number, number],
  path: string,
  inColumns?: number,
): Promise<void> {
  const size = height * width * colours;
  const count = images.length / size;
  const columns = inColumns ?? Math.ceil(Math.sqrt(count));
  const rows = Math.ceil(count / columns);
  const canvas = { width: columns * (width + gap) + gap, height: rows * (height + gap) + gap };
  const pixels = new Uint8Array(canvas.width * canvas.height * colours).fill(255);
  for (let i = 0; i < count; i++) {
    const left = gap + (i % columns) * (width + gap);
    const top = gap + Math.floor(i / columns) * (height + gap);
    for (let row = 0; row < height; row++) {
      const from = i * size + row * width * colours;
      pixels.set(
        images.subarray(from, from + width * colours),
        ((top + row) * canvas.width + left) * colours,
      );
    }
  }
  await writeScratch(
    path,
    await sharp(pixels, { raw: { ...canvas, channels: colours as 1 | 3 } })
      .png()
      .toBuffer(),
  );
}
