/** An image file that is being read -> bytes of one size, as Pillow and torchvision make them:
 *  `convert('RGB')` or `convert('L')`, `Resize` with BILINEAR, `CenterCrop`. Transparency lies over white;
 *  Pillow's `convert` would show what is hidden under it. */
import type { Metadata, Sharp } from 'sharp';
import { createBudget } from './size-budget.ts';
import type { ImageShape } from './image-source.ts';
import { pillowBilinear, type Pixels, type Span } from './pillow-bilinear.ts';

/** Bytes of whole pictures in memory at once. */
const pictures = createBudget(300e6);
/** Of one picture: a larger one is reduced first, in libvips, which has only some of its rows in memory. */
const mostBytes = 200e6;

/** `image` is what was asked of the file so far, `found` what it says of itself. Bytes [H, W, C]. */
export function resizedAsPillow(
  image: Sharp,
  found: Metadata,
  [height, width, colours]: ImageShape,
): Promise<Uint8Array> {
  const factor = factorOf(found, Math.max(height, width));
  const held = heldByLibvips(found);
  return pictures.within(factor === 1 ? held + decodedBytes(found) : held, async () => {
    const small =
      factor === 1
        ? image
        : image.flatten({ background: 'white' }).resize(Math.ceil(found.autoOrient.width / factor), null, {
            kernel: 'linear',
            fastShrinkOnLoad: false,
          });
    const { data, info } = await small
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const [columns, rows] = spans(info, width, height);
    return pillowBilinear(pixelsOf(data, info, colours === 1 ? 1 : 3), columns, rows);
  });
}

/** By what a picture is reduced beforehand, to 8 times the wanted side or a little more: 1 for one that
 *  fits. */
const factorOf = (found: Metadata, side: number): number =>
  heldByLibvips(found) + decodedBytes(found) <= mostBytes
    ? 1
    : Math.max(1, Math.floor(Math.min(found.width, found.height) / (8 * side)));

const decodedBytes = ({ width, height, hasAlpha }: Metadata): number => width * height * (hasAlpha ? 4 : 3);

/** An interlaced picture comes to its rows at the end only, and one that has to be turned is read in another
 *  order. */
const heldByLibvips = ({
  width,
  height,
  channels,
  depth,
  isProgressive,
  orientation = 1,
}: Metadata): number =>
  isProgressive || orientation > 1 ? width * height * channels * (depth === 'ushort' ? 2 : 1) : 0;

/** Of decoded bytes in red, green and blue, and perhaps with alpha. */
function pixelsOf(
  data: Uint8Array,
  {
    width,
    height,
    channels: given,
  }: { readonly width: number; readonly height: number; readonly channels: number },
  channels: 1 | 3,
): Pixels {
  const [opaque, grey] = [new Uint8Array(3 * width), new Uint8Array(width)];
  return {
    width,
    height,
    channels,
    row: (y) => {
      const line = data.subarray(y * width * given, (y + 1) * width * given);
      const coloured = given === 4 ? overWhite(line, opaque) : line;
      return channels === 1 ? greyOf(coloured, grey) : coloured;
    },
  };
}

/** The shorter side becomes what is wanted, the longer one follows, rounded down; then the centre, both as
 *  torchvision computes them. `width` and `height` are the same. */
function spans(
  given: { readonly width: number; readonly height: number },
  width: number,
  height: number,
): [columns: Span, rows: Span] {
  const shorter = Math.min(given.width, given.height);
  const spanOf = (side: number, wanted: number): Span => {
    const whole = Math.trunc((wanted * side) / shorter);
    return { whole, from: halfToEven(whole - wanted), count: wanted };
  };
  return [spanOf(given.width, width), spanOf(given.height, height)];
}

/** n / 2, and of two whole numbers as near the even one, as Python rounds. */
const halfToEven = (n: number): number =>
  Math.floor(n / 2) + (n % 2 === 1 && Math.floor(n / 2) % 2 === 1 ? 1 : 0);

/** [.., 4] -> [.., 3], rounded as Pillow's `alpha_composite` rounds: with m = n + 128, n / 255 is (m + m /
 *  256) / 256 to the nearest. */
function overWhite(line: Uint8Array, made: Uint8Array): Uint8Array {
  for (let from = 0, to = 0; to < made.length; from += 4, to += 3) {
    const alpha = line[from + 3]!;
    const white = 255 * (255 - alpha) + 128;
    const red = line[from]! * alpha + white;
    const green = line[from + 1]! * alpha + white;
    const blue = line[from + 2]! * alpha + white;
    made[to] = (red + (red >> 8)) >> 8;
    made[to + 1] = (green + (green >> 8)) >> 8;
    made[to + 2] = (blue + (blue >> 8)) >> 8;
  }
  return made;
}

/** [.., 3] -> [.., 1], the luma of ITU-R 601-2 as Pillow's `convert('L')` computes it; equal colours stay
 *  what they are. */
function greyOf(line: Uint8Array, made: Uint8Array): Uint8Array {
  for (let from = 0, to = 0; to < made.length; from += 3, to++) {
    made[to] = (19_595 * line[from]! + 38_470 * line[from + 1]! + 7471 * line[from + 2]! + 0x8000) >> 16;
  }
  return made;
}

/** Whether all pixels [.., 3] have three equal channels. */
export function isGrey(data: Uint8Array): boolean {
  for (let at = 0; at < data.length; at += 3)
    if (data[at] !== data[at + 1] || data[at] !== data[at + 2]) return false;
  return true;
}
