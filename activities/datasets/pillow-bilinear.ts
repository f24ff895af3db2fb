/** Resampling of bytes as Pillow's `Image.resize(size, BILINEAR)` computes it, to the same bytes: most
 *  published preprocessing is Pillow's. A triangle, widened by the factor of reduction so that nothing
 *  aliases; horizontally first, then vertically, each result rounded to 8 bits. Weights are whole numbers of
 *  2^-22, so that no sum reaches 2^31. Source: Pillow, src/libImaging/Resample.c, the same from 3.3 to 12.3;
 *  Pillow 13 does the vertical pass first where the height shrinks more than the width, and differs there by
 *  a grey level here and there. */
import { setImmediate as nextTurnOfEventLoop } from 'node:timers/promises';

const weightBits = 22;
const half = 2 ** (weightBits - 1);
/** Products, or bytes read for them, between two turns of the event loop: some 50 ms. */
const productsAtOnce = 20_000_000;

/** Bytes [height, width, channels], row by row: what becomes of a large picture need not be in memory
 *  whole. */
export interface Pixels {
  /** It is read before the next one is asked for. */
  row(y: number): Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

/** One side of what is wanted: of `whole` pixels that the image would be resized to, those from `from` to
 *  before `from + count`. */
export interface Span {
  readonly whole: number;
  readonly from: number;
  readonly count: number;
}

/** Weights of one side: output i is the sum over k < counts[i] of weights[i * stride + k] times input
 *  starts[i] + k. */
interface Taps {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly weights: Int32Array;
  readonly stride: number;
}

/** Bytes [rows.count, columns.count, channels]: a part of the resized image, as if it had been cut out of the
 *  whole. */
export async function pillowBilinear(image: Pixels, columns: Span, rows: Span): Promise<Uint8Array> {
  const down = knownTaps(image.height, rows);
  const first = down.starts[0]!;
  const needed = down.starts.at(-1)! + down.counts.at(-1)! - first;
  const narrow = await across(
    { ...image, row: (y) => image.row(first + y), height: needed },
    knownTaps(image.width, columns),
  );
  return along(narrow, columns.count * image.channels, {
    ...down,
    starts: down.starts.map((start) => start - first),
  });
}

/** Those of images of one size are the same, and to work them out takes as long as to use them. */
const known = new Map<string, Taps>();
const mostKnown = 64;

function knownTaps(size: number, span: Span): Taps {
  const name = [size, span.whole, span.from, span.count].join();
  const taps = known.get(name) ?? tapsOf(size, span);
  if (known.size >= mostKnown) known.clear();
  known.set(name, taps);
  return taps;
}

function tapsOf(size: number, { whole, from, count }: Span): Taps {
  const scale = size / whole;
  const support = Math.max(scale, 1);
  const stride = Math.ceil(support) * 2 + 1;
  const taps = {
    starts: new Int32Array(count),
    counts: new Int32Array(count),
    weights: new Int32Array(count * stride),
    stride,
  };
  for (let i = 0; i < count; i++) {
    const centre = (from + i + 0.5) * scale;
    const start = Math.max(Math.trunc(centre - support + 0.5), 0);
    const end = Math.min(Math.trunc(centre + support + 0.5), size);
    const weights = Array.from({ length: end - start }, (_, k) =>
      triangle((k + start - centre + 0.5) * (1 / support)),
    );
    const sum = weights.reduce((a, b) => a + b, 0);
    taps.starts[i] = start;
    taps.counts[i] = end - start;
    taps.weights.set(
      weights.map((weight) => Math.trunc(0.5 + (weight / sum) * 2 ** weightBits)),
      i * stride,
    );
  }
  return taps;
}

const triangle = (x: number): number => Math.max(0, 1 - Math.abs(x));

/** Every row to as many pixels as there are taps. */
async function across({ row: rowAt, width, height, channels }: Pixels, taps: Taps): Promise<Uint8Array> {
  const line = taps.starts.length * channels;
  const made = new Uint8Array(height * line);
  const rowsAtOnce = Math.max(1, Math.floor(productsAtOnce / Math.max(line * taps.stride, width * channels)));
  const oneRow = channels === 3 ? rowOfThree : rowOfOne;
  for (let row = 0; row < height; row++) {
    if (row > 0 && row % rowsAtOnce === 0) await nextTurnOfEventLoop();
    oneRow(rowAt(row), taps, made.subarray(row * line, (row + 1) * line));
  }
  return made;
}

function rowOfOne(row: Uint8Array, { starts, counts, weights, stride }: Taps, made: Uint8Array): void {
  for (let i = 0; i < starts.length; i++) {
    let sum = half;
    for (let k = 0, pixel = starts[i]!, at = i * stride; k < counts[i]!; k++)
      sum += Math.imul(row[pixel++]!, weights[at++]!);
    made[i] = sum >> weightBits;
  }
}

/** Three sums in one loop: twice as fast as three loops. */
function rowOfThree(row: Uint8Array, { starts, counts, weights, stride }: Taps, made: Uint8Array): void {
  for (let i = 0; i < starts.length; i++) {
    const count = counts[i]!;
    let red = half;
    let green = half;
    let blue = half;
    for (let k = 0, pixel = 3 * starts[i]!, at = i * stride; k < count; k++, pixel += 3) {
      const weight = weights[at + k]!;
      red += Math.imul(row[pixel]!, weight);
      green += Math.imul(row[pixel + 1]!, weight);
      blue += Math.imul(row[pixel + 2]!, weight);
    }
    made[3 * i] = red >> weightBits;
    made[3 * i + 1] = green >> weightBits;
    made[3 * i + 2] = blue >> weightBits;
  }
}

/** Every column to as many pixels as there are taps; `line` bytes are a row. */
async function along(
  data: Uint8Array,
  line: number,
  { starts, counts, weights, stride }: Taps,
): Promise<Uint8Array> {
  const made = new Uint8Array(starts.length * line);
  const rowsAtOnce = Math.max(1, Math.floor(productsAtOnce / (line * stride)));
  for (let row = 0; row < starts.length; row++) {
    if (row > 0 && row % rowsAtOnce === 0) await nextTurnOfEventLoop();
    const count = counts[row]!;
    for (let x = 0; x < line; x++) {
      let sum = half;
      for (let k = 0, pixel = starts[row]! * line + x, at = row * stride; k < count; k++, pixel += line)
        sum += Math.imul(data[pixel]!, weights[at + k]!);
      made[row * line + x] = sum >> weightBits;
    }
  }
  return made;
}
