/** Evaluation on the best execution provider that works here, against the CPU's: the same files and inputs, in turns. */
import { normal } from '../../models/random.ts';
import { createOnnxRuntime, type OnnxModel } from '../compute/evaluate/onnx-runtime.ts';
import { median } from './median.ts';
import { relativeDifference } from './relative-difference.ts';

export interface MeasuredProvider {
  readonly model: string;
  readonly provider: string;
  readonly batchSize: number;
  /** Data a second. */
  readonly perSecond: number;
  readonly onCpu: number;
  readonly ratio: number;
  /** |provider's - CPU's| / |CPU's|, over the first output. */
  readonly difference: number;
}

const runs = 5;

/** `files`: name -> ONNX file with one input of float32 [batch, ...]. Only what the CPU itself gives where no other provider works. */
export async function executionProviders(files: Readonly<Record<string, string>>, threads: number, batchSize = 64): Promise<MeasuredProvider[]> {
  const [best, cpu] = [createOnnxRuntime(threads), createOnnxRuntime(threads, ['cpu'])];
  try {
    const measured: MeasuredProvider[] = [];
    for (const [model, path] of Object.entries(files)) {
      const found = await inTurns(await best.open(path), await cpu.open(path), batchSize);
      measured.push({ model, provider: best.provider(), batchSize, ...found });
    }
    return measured;
  } finally {
    await best.release();
    await cpu.release();
  }
}

async function inTurns(best: OnnxModel, cpu: OnnxModel, batchSize: number): Promise<Pick<MeasuredProvider, 'perSecond' | 'onCpu' | 'ratio' | 'difference'>> {
  const shape = [batchSize, ...best.inputShape.slice(1).map(Number)];
  const next = normal(1, 'bench/input');
  // Pixels, which keep to -1/2 .. 1/2, and latent draws alike.
  const input = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => 0.2 * next());
  const output = best.outputNames[0]!;
  const times: [number[], number[]] = [[], []];
  const values: [Float32Array, Float32Array] = [new Float32Array(), new Float32Array()];
  for (let run = 0; run <= runs; run += 1) {
    for (const [i, model] of [best, cpu].entries()) {
      const began = performance.now();
      values[i] = (await model.run(input, shape, [output]))[output]!.slice();
      // the first run of each is a warm-up
      if (run > 0) times[i]!.push((performance.now() - began) / 1000);
    }
  }
  const [perSecond, onCpu] = [batchSize / median(times[0]), batchSize / median(times[1])];
  return { perSecond, onCpu, ratio: perSecond / onCpu, difference: relativeDifference(...values) };
}
