/** Grids of samples at several temperatures, from the same latents scaled. */
import { join } from 'node:path';
import { meter, type EvaluationContext } from './batches.ts';
import type { Findings, ImageJob, ImageSides } from './image-job.ts';
import { writeImageGrid } from '../../../activities/formats/image-grid.ts';
import type { OnnxRuntime } from './onnx-runtime.ts';
import { quantise } from './pixels.ts';
import { latentsFor, openSampler } from './sampler.ts';

const columns = 8;
const most = 4 * columns;

/** Files `temperature-<t>-<sampler>.png`. */
export async function drawTemperatures(
  { samplers, evaluation, seed, shape }: ImageJob,
  runtime: OnnxRuntime,
  context: EvaluationContext,
): Promise<Findings> {
  const { temperatures } = evaluation;
  const count = Math.min(evaluation.gridSamples, most);
  const drawings = Object.entries(samplers).flatMap(([name, path]) =>
    temperatures.map((temperature) => ({ name, path, temperature })),
  );
  const files: Record<string, string> = {};
  await meter('temperatures', drawings.length, context).each(drawings.length, 1, async (i) => {
    const { name, path, temperature } = drawings[i]!;
    const sampler = await openSampler(path, runtime, name);
    const { x } = await sampler.run(latentsFor(sampler, seed, temperature)(count), ['x']);
    const file = `temperature-${temperature}-${name}.png`;
    files[file] = join(context.scratch, file);
    await writeImageGrid(quantise(x), shape as ImageSides, files[file], Math.min(columns, count));
  });
  return { results: {}, files };
}
