/** The normaliser of each EBM by importance sampling from the flow it was trained against: how far the
 *  learned one is off. */
import { importanceEstimate } from '../../../models/metrics/importance.ts';
import { meter, type EvaluationContext } from './batches.ts';
import { pixelsOf, type ImageJob } from './image-job.ts';
import type { OnnxSession, OnnxRuntime } from './onnx-runtime.ts';
import { latentsFor, openSampler } from './sampler.ts';

type Results = Record<string, number>;

/** The flow of the contrast was made to resemble its EBM: the one proposal whose weights are of one size. */
const proposal = 'flowFce';
const batch = 64;

interface Weighed {
  readonly name: string;
  readonly model: OnnxSession;
  /** log p(x) - log q(x) with the learned c in p. */
  readonly logWeights: Float64Array;
  /** Sum of the learned c over samples, which every sample tells as -energy - log_prob, and their number. */
  learned: { sum: number; count: number };
}

/** Z = mean over x ~ q of exp(f(x) - log q(x)), with samples as they are drawn: no rounding to bytes,
 *  temperature 1, for q is the density of no others. `logNormalizer.<ebm>.learned`, `.importance` and its
 *  standard error `.importanceError`, nats, `.effectiveSamples`; and the bits per dimension that follow,
 *  `bitsPerDim.importance.<ebm>`. Nothing where there is no EBM, or no flow that tells its samples'
 *  density. */
export async function estimateNormalizers(
  job: ImageJob,
  bitsPerDim: Results,
  runtime: OnnxRuntime,
  context: EvaluationContext,
): Promise<Results> {
  const { importanceSamples: count } = job.evaluation;
  const ebms = await openEbms(job, count, runtime);
  const path = job.samplers[proposal];
  if (ebms.length === 0 || path === undefined) return {};
  const sampler = await openSampler(path, runtime, proposal);
  if (!sampler.outputNames.includes('log_prob')) return {};
  const next = latentsFor(sampler, job.seed, 1, 'evaluation/importance');
  await meter('importance', count, context).each(count, batch, async (from, to) => {
    const { x, log_prob: logQ } = await sampler.run(next(to - from), ['x', 'log_prob']);
    for (const ebm of ebms) await weigh(ebm, x, logQ, job.shape, from);
  });
  return Object.assign({}, ...ebms.map((ebm) => resultsOf(ebm, bitsPerDim, pixelsOf(job.shape)))) as Results;
}

async function openEbms({ models }: ImageJob, count: number, runtime: OnnxRuntime): Promise<Weighed[]> {
  const opened = await Promise.all(
    Object.entries(models).map(async ([name, path]) => ({
      name,
      model: await runtime.open(path, { model: name }),
    })),
  );
  return opened
    .filter(({ model }) => model.outputNames.includes('energy'))
    .map(({ name, model }) => ({
      name,
      model,
      logWeights: new Float64Array(count),
      learned: { sum: 0, count: 0 },
    }));
}

/** A sample that is no finite image has no weight. */
async function weigh(
  { model, logWeights, learned }: Weighed,
  x: Float32Array,
  logQ: Float32Array,
  shape: readonly number[],
  at: number,
): Promise<void> {
  const { energy, log_prob: logP } = await model.run(x, [logQ.length, ...shape], ['energy', 'log_prob']);
  const dim = pixelsOf(shape);
  logQ.forEach((value, i) => {
    const finite = x.subarray(i * dim, (i + 1) * dim).every(Number.isFinite);
    logWeights[at + i] = finite ? logP[i]! - value : -Infinity;
    if (!Number.isFinite(energy[i]! + logP[i]!)) return;
    learned.sum -= energy[i]! + logP[i]!;
    learned.count += 1;
  });
}

function resultsOf({ name, logWeights, learned }: Weighed, bitsPerDim: Results, dim: number): Results {
  const { logNormalizer: off, standardError, effectiveSamples } = importanceEstimate(logWeights);
  const c = learned.sum / learned.count;
  return {
    [`logNormalizer.${name}.learned`]: c,
    [`logNormalizer.${name}.importance`]: c + off,
    [`logNormalizer.${name}.importanceError`]: standardError,
    [`logNormalizer.${name}.effectiveSamples`]: effectiveSamples,
    [`bitsPerDim.importance.${name}`]: bitsPerDim[`bitsPerDim.${name}`]! + off / (dim * Math.LN2),
  };
}
