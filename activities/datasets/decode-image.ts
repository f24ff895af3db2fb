/** Any image file -> bytes of one size. What may differ between files is settled here, once: EXIF orientation
 *  is applied; CMYK and colour profiles are converted to sRGB; 16 bits a channel become the upper 8; pixels
 *  that are no whole numbers of 8 or 16 bits have no agreed range, and may be no numbers at all: refused.
 *  Transparency lies over white; of several pages or frames the first is taken; a file that lacks pixels is
 *  refused, however few. (A JPEG that ends in good order but too early is filled up with grey by its decoder,
 *  which only warns.) Changed bytes show where a format has checksums, as PNG; in JPEG and WebP they are
 *  pixels like others. */
import sharp, { type Metadata, type Region, type Sharp } from 'sharp';
import { BadInputError } from '../ports/data-errors.ts';
import type { ImageShape } from './image-source.ts';
import { isGrey, resizedAsPillow } from './resized-as-pillow.ts';

// Images are decoded side by side: threads inside one, and libvips's cache of past operations, would only
// cost memory.
sharp.concurrency(1);
sharp.cache(false);
// libvips looks at the content and not at the name: an SVG, which can name other files and draw for hours, is
// no photograph
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Tiff', 'Heif'].map((format) => `VipsForeignLoad${format}`),
});

/** As libvips calls them. */
const depths: readonly string[] = ['uchar', 'ushort'];

/** libvips's version: pixels depend on it. */
export const decoderVersion = `libvips ${sharp.versions.vips}`;

export interface DecodeOptions {
  readonly shape: ImageShape;
  /** Of the resize: Pillow's bilinear, computed here (resized-as-pillow.ts), or one of libvips's. What each
   *  does is said by resize-words.ts. */
  readonly kernel: 'pillow-bilinear' | 'linear' | 'cubic' | 'lanczos3';
  /** Width times height over which a file is refused before it is decoded. */
  readonly maxPixels: number;
  /** The file must have this size, and its central square of `side` is cut out and resized; null: any size,
   *  its shorter side is resized and the central square cut out, as torchvision's Resize and CenterCrop. */
  readonly crop: { readonly width: number; readonly height: number; readonly side: number } | null;
}

/** Bytes [H, W, C]. Throws BadInputError with the file's name. */
export async function decodeImage(
  file: string,
  content: Uint8Array,
  options: DecodeOptions,
): Promise<Uint8Array> {
  const { shape, kernel, maxPixels, crop } = options;
  try {
    const image = sharp(content, {
      failOn: 'error',
      limitInputPixels: maxPixels,
      sequentialRead: true,
    }).autoOrient();
    const found = await image.metadata();
    if (!depths.includes(found.depth ?? ''))
      throw new BadInputError(
        `${file} should have pixels of 8 or 16 bits a channel, and has ${found.depth ?? 'unknown'} `
          + 'ones. Save it again as a PNG.',
      );
    if (crop) image.extract(cropOf(file, found, crop));
    return await (kernel === 'pillow-bilinear'
      ? resizedAsPillow(image, found, shape)
      : resizedByLibvips(image, found, kernel, shape));
  } catch (error) {
    if (error instanceof BadInputError) throw error;
    throw new BadInputError(
      `${file} cannot be read as an image: ${(error as Error).message.split('\n')[0]}.`,
    );
  }
}

/** To look at a larger one takes as long as to take it: its header has to do. */
const mostLookedAt = 16e6;

/** Whether an image, its shorter side made no larger than `size`, has channels that differ, or is too large
 *  to look. Throws BadInputError with the file's name. */
export async function hasColours(
  file: string,
  content: Uint8Array,
  { size, maxPixels }: { readonly size: number; readonly maxPixels: number },
): Promise<boolean> {
  try {
    const image = sharp(content, { failOn: 'error', limitInputPixels: maxPixels, sequentialRead: true });
    const { space, width, height } = await image.metadata();
    if (space === 'b-w' || space === 'grey16') return false;
    if (width * height > mostLookedAt) return true;
    const reduced = image
      .flatten({ background: 'white' })
      .resize(size, size, { fit: 'outside', withoutEnlargement: true, kernel: 'linear' });
    return !isGrey(await reduced.toColourspace('srgb').raw({ depth: 'uchar' }).toBuffer());
  } catch (error) {
    throw new BadInputError(
      `${file} cannot be read as an image: ${(error as Error).message.split('\n')[0]}.`,
    );
  }
}

async function resizedByLibvips(
  image: Sharp,
  { depth }: Metadata,
  kernel: 'linear' | 'cubic' | 'lanczos3',
  [height, width, colours]: ImageShape,
): Promise<Uint8Array> {
  const resized = image
    .flatten({ background: 'white' })
    .resize(width, height, { fit: 'cover', position: 'centre', kernel, fastShrinkOnLoad: false });
  const bytesIn = (space: 'b-w' | 'srgb', of: Sharp): Promise<Uint8Array> =>
    of.toColourspace(space).raw({ depth: 'uchar' }).toBuffer();
  if (colours === 3) return bytesIn('srgb', resized);
  if (depth === 'uchar') return bytesIn('b-w', resized);
  // By itself libvips rounds 16 bits on their way to grey, and cuts them on their way to colours.
  return bytesIn('b-w', sharp(await bytesIn('srgb', resized), { raw: { width, height, channels: 3 } }));
}

function cropOf(
  file: string,
  found: Metadata,
  { width, height, side }: NonNullable<DecodeOptions['crop']>,
): Region {
  if (found.width !== width || found.height !== height)
    throw new BadInputError(
      `${file} should have ${width} x ${height} pixels, and has ${found.width} x ${found.height}.`,
    );
  return {
    left: Math.floor((width - side) / 2),
    top: Math.floor((height - side) / 2),
    width: side,
    height: side,
  };
}
