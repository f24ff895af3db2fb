/** What a resize and a change of colours do to the pixels, in words for cards and reports. */
import type { DecodeOptions } from './decode-image.ts';

type Kernel = DecodeOptions['kernel'];

/** `reduction`: pixels of the image for one of the result, along a side; null where images differ in it. */
export function resizeSentence(kernel: Kernel, reduction: number | null): string {
  const whole = "Decoded without JPEG's own scaling.";
  if (kernel === 'pillow-bilinear') {
    return `Resized as Pillow's BILINEAR resizes (Image.resize, versions 3.3 to 12.3), to the same bytes: a triangle as wide as the reduction, across and then down, each rounded to 8 bits. ${reduction === null ? 'A picture of more than 200 MB of pixels is first reduced by a whole factor with libvips, ' + 'kernel linear. ' : ''}${whole}`;
  }
  return (
    `Resized with sharp (libvips), kernel ${kernel}: ${stepsOf(kernel, reduction)}. Pillow's BILINEAR `
    + `gives other pixels. ${whole}`
  );
}

/** Measured by impulses, see the test. */
function stepsOf(kernel: Kernel, reduction: number | null): string {
  const enlarged =
    `enlarged by ${kernel === 'linear' ? 'linear' : 'cubic'} interpolation, which puts everything half `
    + 'a pixel of the result too far right and down';
  const then = 'the kernel, widened by what is left of the reduction';
  if (reduction === null) {
    return `reduced 4 times or more, first to means of pixels, half as many as the reduction has along each side, rounded down, then with ${then}; reduced less, with the kernel alone, widened by the reduction; ${enlarged}`;
  }
  if (reduction < 1) return enlarged;
  const block = Math.floor(reduction / 2);
  return block < 2
    ? 'with the kernel, widened by the reduction'
    : `first to the means of ${block} x ${block} pixels, then with ${then}`;
}

/** How colours become one channel. */
export const greySentence = (kernel: Kernel): string =>
  kernel === 'pillow-bilinear'
    ? 'Colours made grey by the luma of ITU-R 601-2, before the resize, as Pillow\'s convert("L") does.'
    : 'Colours made grey by their luminance in linear light, after the resize.';
