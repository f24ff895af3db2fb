/** How well a flow's inverse inverts it: test images to latents and back, in float32. */
import { join } from 'node:path';
import { levels } from '../../../models/metrics/bits-per-dim.ts';
import { uniform } from '../../../models/core/random.ts';
import { meter, type EvaluationContext } from './batches.ts';
import { openCoders, type Coder } from './coders.ts';
import { pixelsOf, type Findings, type ImageJob, type ImageSides } from './image-job.ts';
import type { Images } from './images.ts';
import { writeImageGrid } from '../../../activities/formats/image-grid.ts';
import type { OnnxRuntime } from './onnx-runtime.ts';
import { dequantiseFixed, quantise } from './pixels.ts';

/** Enough for a root mean square; a flow that cannot be inverted shows on the first. */
const tried = 256;
const shownRows = 4;
const shownColumns = 8;
const batch = 64;

interface Errors {
  max: number;
  sumOfSquares: number;
}

/** `reconstruction.maxGreyLevels.<model>` and `.rmsGreyLevels.<model>` over all pixels of the first test
 *  images, of 256 levels. Files `reconstruction-<model>.png`: a row of test images, below it the same again
 *  after both ways. */
export async function reconstruct(
  job: ImageJob,
  test: Images,
  runtime: OnnxRuntime,
  context: EvaluationContext,
): Promise<Findings> {
  const dim = pixelsOf(job.shape);
  const images = test.read(0, tried);
  const coders = await openCoders(job, runtime);
  const progress = meter('reconstruction', (coders.length * images.length) / dim, context);
  const results: Record<string, number> = {};
  const files: Record<string, string> = {};
  for (const coder of coders) {
    const errors: Errors = { max: 0, sumOfSquares: 0 };
    const returned = new Uint8Array(images.length);
    const noise = uniform(job.seed, 'evaluation/reconstruction');
    await progress.each(images.length / dim, batch, async (from, to) => {
      returned.set(
        await thereAndBack(coder, dequantiseFixed(images.subarray(from * dim, to * dim), noise), errors),
        from * dim,
      );
    });
    results[`reconstruction.maxGreyLevels.${coder.name}`] = errors.max;
    results[`reconstruction.rmsGreyLevels.${coder.name}`] = Math.sqrt(errors.sumOfSquares / images.length);
    const file = `reconstruction-${coder.name}.png`;
    files[file] = join(context.scratch, file);
    const columns = Math.min(shownColumns, images.length / dim);
    await writeImageGrid(
      interleaved(images, returned, columns, dim),
      job.shape as ImageSides,
      files[file],
      columns,
    );
  }
  return { results, files };
}

/** A value that comes back as no number makes both errors NaN. */
async function thereAndBack(coder: Coder, x: Float32Array, errors: Errors): Promise<Uint8Array> {
  const back = await coder.decode(await coder.encode(x));
  back.forEach((value, i) => {
    const error = levels * Math.abs(value - x[i]!);
    errors.max = Math.max(errors.max, error);
    errors.sumOfSquares += error * error;
  });
  return quantise(back);
}

/** Rows of images, in turn of the one and of the other. */
function interleaved(images: Uint8Array, returned: Uint8Array, columns: number, dim: number): Uint8Array {
  const row = columns * dim;
  const rows = Array.from(
    { length: Math.min(shownRows, Math.floor(images.length / row)) },
    (_, i) => i * row,
  );
  return Buffer.concat(
    rows.flatMap((from) => [images.subarray(from, from + row), returned.subarray(from, from + row)]),
  );
}
