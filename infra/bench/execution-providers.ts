/** Evaluation on the best execution provider that works here, against the CPU's: the same files and inputs,
 *  in turns. */
import { normal } from '../../models/core/random.ts';
import { createOnnxRuntime, type OnnxSession } from '../compute/evaluate/onnx-runtime.ts';
import { median } from '../../models/metrics/median.ts';
import { relativeDifference } from '../../models/metrics/relative-difference.ts';

export interface MeasuredProvider {
  readonly model: string;
  /** Data a second. */
  readonly onCpu: number;
  /** null: the CPU's is the best there is. `difference` is |its - CPU's| / |CPU's|, over the first output. */
  readonly best: {
    readonly provider: string;
    readonly perSecond: number;
    readonly ratio: number;
    readonly difference: number;
  } | null;
}
export interface MeasuredProviders {
  readonly batchSize: number;
  readonly models: readonly MeasuredProvider[];
  /** Which provider was given up, and for what; '' where none was. */
  readonly faults: string;
}

const turns = 5;

/** `files`: name -> ONNX file with one input of float32 [batch, ...]. */
export async function executionProviders(
  files: Readonly<Record<string, string>>,
  threads: number,
  batchSize = 64,
): Promise<MeasuredProviders> {
  const [best, cpu] = [createOnnxRuntime(threads), createOnnxRuntime(threads, ['cpu'])];
  try {
    const models: MeasuredProvider[] = [];
    for (const [model, path] of Object.entries(files))
      models.push({ model, ...(await inTurns(await best.open(path), await cpu.open(path), batchSize)) });
    return { batchSize, models, faults: best.provider().split('; ').slice(1).join('; ') };
  } finally {
    await best.release();
    await cpu.release();
  }
}

async function inTurns(
  best: OnnxSession,
  cpu: OnnxSession,
  batchSize: number,
): Promise<Omit<MeasuredProvider, 'model'>> {
  const shape = [batchSize, ...best.input.shape.slice(1).map(Number)];
  const next = normal(1, 'bench/input');
  // Pixels, which keep to -1/2 .. 1/2, and latent draws alike.
  const input = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => 0.2 * next());
  const output = best.outputNames[0]!;
  const run = async (model: OnnxSession): Promise<{ seconds: number; values: Float32Array }> => {
    const began = performance.now();
    const values = (await model.run(input, shape, [output]))[output]!.slice();
    return { seconds: (performance.now() - began) / 1000, values };
  };
  // the first run of each is a warm-up, and settles on the provider
  const [found, expected] = [await run(best), await run(cpu)];
  const compared = best.provider() === 'cpu' ? [cpu] : [best, cpu];
  const times = compared.map((): number[] => []);
  for (let turn = 0; turn < turns; turn += 1) {
    for (const [i, model] of compared.entries()) times[i]!.push((await run(model)).seconds);
  }
  const rates = times.map((seconds) => batchSize / median(seconds));
  const onCpu = rates.at(-1)!;
  if (rates.length === 1) return { onCpu, best: null };
  return {
    onCpu,
    best: {
      provider: best.provider(),
      perSecond: rates[0]!,
      ratio: rates[0]! / onCpu,
      difference: relativeDifference(found.values, expected.values),
    },
  };
}
