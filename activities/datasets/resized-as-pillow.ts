/** An image file that is being read -> bytes of one size, as Pillow and torchvision make them: `convert('RGB')` or `convert('L')`, `Resize`
 *  with BILINEAR, `CenterCrop`. Transparency lies over white; Pillow's `convert` would show what is hidden under it. */
import type { Metadata, Sharp } from 'sharp';
import { createBudget } from './budget.ts';
import type { ImageShape } from './image-source.ts';
import { pillowBilinear, type Pixels, type Span } from './pillow-bilinear.ts';

/** Bytes of whole pictures in memory at once, as they are decoded: one of 50 megapixels has 200 MB with transparency. */
const pictures = createBudget(256e6);
const mostChannels = 4;

/** `image` is what was asked of the file so far, `found` what it says of itself. Bytes [H, W, C]. */
export function resizedAsPillow(image: Sharp, found: Metadata, [height, width, colours]: ImageShape): Promise<Uint8Array> {
  return withPixels(image, found, (given) => {
    const pixels: Pixels = colours === 1 ? { ...given, data: greyOf(given.data), channels: 1 } : given;
    const [columns, rows] = spans(given, width, height);
    return pillowBilinear(pixels, columns, rows);
  });
}

/** Whether any pixel of an image has channels that differ. */
export const hasColouredPixels = (image: Sharp, found: Metadata): Promise<boolean> => withPixels(image, found, async ({ data }) => !isGrey(data));

/** Whether all pixels [.., 3] have three equal channels. */
export function isGrey(data: Uint8Array): boolean {
  for (let at = 0; at < data.length; at += 3) if (data[at] !== data[at + 1] || data[at] !== data[at + 2]) return false;
  return true;
}

/** The whole image in red, green and blue, while there is room for it. */
function withPixels<T>(image: Sharp, found: Metadata, work: (pixels: Pixels) => Promise<T>): Promise<T> {
  return pictures.within(found.width * found.height * mostChannels, async () => {
    const { data, info: { width, height, channels } } = await image.toColourspace('srgb').raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    return work({ data: channels === 4 ? overWhite(data) : data, width, height, channels: 3 });
  });
}

/** The shorter side becomes what is wanted, the longer one follows, rounded down; then the centre, both as torchvision computes them.
 *  `width` and `height` are the same. */
function spans(given: { readonly width: number; readonly height: number }, width: number, height: number): [columns: Span, rows: Span] {
  const shorter = Math.min(given.width, given.height);
  const spanOf = (side: number, wanted: number): Span => {
    const whole = Math.trunc((wanted * side) / shorter);
    return { whole, from: halfToEven(whole - wanted), count: wanted };
  };
  return [spanOf(given.width, width), spanOf(given.height, height)];
}

/** n / 2, and of two whole numbers as near the even one, as Python rounds. */
const halfToEven = (n: number): number => Math.floor(n / 2) + (n % 2 === 1 && Math.floor(n / 2) % 2 === 1 ? 1 : 0);

/** [.., 4] -> [.., 3], rounded as Pillow's `alpha_composite` rounds. */
function overWhite(data: Uint8Array): Uint8Array {
  const made = new Uint8Array((data.length / 4) * 3);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
    const alpha = data[from + 3]!;
    const white = 255 * (255 - alpha) + 127;
    for (let colour = 0; colour < 3; colour++) made[to + colour] = Math.floor((data[from + colour]! * alpha + white) / 255);
  }
  return made;
}

/** [.., 3] -> [.., 1], the luma of ITU-R 601-2 as Pillow's `convert('L')` computes it; equal colours stay what they are. */
function greyOf(data: Uint8Array): Uint8Array {
  const made = new Uint8Array(data.length / 3);
  for (let from = 0, to = 0; to < made.length; from += 3, to++) {
    made[to] = (19_595 * data[from]! + 38_470 * data[from + 1]! + 7471 * data[from + 2]! + 0x8000) >> 16;
  }
  return made;
}
