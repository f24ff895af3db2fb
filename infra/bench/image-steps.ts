/** Training steps of images, replayed as trainings run them, against PyTorch eager with the same weights, in
 *  turns. */
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelsSchema } from '../../models/fce/config.ts';
import { createTraining } from '../../models/create-training.ts';
import { initialize } from '../../models/training/initialize.ts';
import { trainingSchema } from '../../models/training-schema.ts';
import { firstCounters, updates, type TrainingContext } from '../../models/training/updates.ts';
import { convEbmSchema } from '../../models/ebm/config.ts';
import { imageGlowSchema, type ImageGlowConfig } from '../../models/flow/config.ts';
import { uniform } from '../../models/core/random.ts';
import { openSession } from '../compute/replay-session.ts';
import { shardsOf } from '../compute/shards.ts';
import { ebmFlop, glowFlop, passes } from './arithmetic.ts';
import { pytorchWeights } from './pytorch-weights.ts';
import type { Referee } from './referee.ts';
import { median } from '../../models/metrics/median.ts';
import { sgemm } from './sgemm.ts';

type StepName = keyof typeof passes;
export interface MeasuredStep {
  readonly step: StepName;
  readonly ms: number;
  /** PyTorch eager in its faster memory format; null without PyTorch. */
  readonly pytorch: { readonly ms: number; readonly format: string } | null;
  readonly ratio: number | null;
  readonly gflop: number;
  /** Of `sgemmGflops`. */
  readonly share: number;
}
export interface MeasuredImages {
  readonly sgemmGflops: number;
  readonly steps: readonly MeasuredStep[];
}

export interface ImageSize {
  readonly depth: number;
  readonly width: number;
  readonly batchSize: number;
  readonly steps: readonly StepName[];
  /** Timed runs of each; their median counts. */
  readonly runs: number;
}
/** All three steps of a flow that takes moments. */
export const middling: ImageSize = {
  depth: 8,
  width: 128,
  batchSize: 64,
  steps: ['likelihood', 'ebm', 'flow'],
  runs: 9,
};
/** The paper's flow for CIFAR-10, by likelihood alone: PyTorch keeps all activations of a contrast. */
export const paperSized: ImageSize = { depth: 32, width: 512, batchSize: 16, steps: ['likelihood'], runs: 5 };

const shape = [32, 32, 3] as const;
const count = 1024;
const ebm = convEbmSchema.parse({ kind: 'conv' });
const formats = ['contiguous', 'channels last'] as const;
const warmUps = 2;

export async function imageSteps(
  referee: Referee | null,
  threads: number,
  size: ImageSize,
): Promise<MeasuredImages> {
  const { steps, runs, depth, width } = size;
  const flow = imageGlowSchema.parse({ kind: 'image', levels: 3, depth, width });
  const ours = openSteps(threads, flow, size);
  if (referee) await hand(referee, ours.weights, threads, flow, size);
  const rate = sgemm(threads);
  const times = new Map<string, number[]>();
  const note = (name: string, value: number): void =>
    void times.set(name, [...(times.get(name) ?? []), value]);
  for (let run = 0; run < warmUps + runs; run += 1) {
    for (const step of steps) {
      const mine = timed(ours.next[step]!);
      if (run >= warmUps) note(step, mine);
      for (const name of referee ? formats : []) {
        const { ms } = await referee!.ask({ do: 'step', name, step });
        if (run >= warmUps) note(`${step} ${name}`, Number(ms));
      }
    }
    note('sgemm', rate());
  }
  const sgemmGflops = median(times.get('sgemm')!);
  ours.close();
  return {
    sgemmGflops,
    steps: steps.map((step) => measured(step, flow, size, times, sgemmGflops, referee !== null)),
  };
}

function measured(
  step: StepName,
  flow: ImageGlowConfig,
  { batchSize }: ImageSize,
  times: ReadonlyMap<string, readonly number[]>,
  sgemmGflops: number,
  refereed: boolean,
): MeasuredStep {
  const ms = median(times.get(step)!);
  const gflop =
    (batchSize * (passes[step].flow * glowFlop(flow, shape) + passes[step].ebm * ebmFlop(ebm, shape))) / 1e9;
  const theirs = refereed
    ? formats
        .map((format) => ({ format, ms: median(times.get(`${step} ${format}`)!) }))
        .sort((a, b) => a.ms - b.ms)[0]!
    : null;
  return {
    step,
    ms,
    pytorch: theirs,
    ratio: theirs && theirs.ms / ms,
    gflop,
    share: gflop / (ms / 1000) / sgemmGflops,
  };
}

/** A likelihood training, and where they are asked for a contrast with its two players' steps, each as a
 *  function that makes one more update. */
function openSteps(threads: number, flow: ImageGlowConfig, { batchSize, steps }: ImageSize) {
  const player = { learningRate: 1e-5 };
  const models = modelsSchema.parse({ flow, ebm });
  const next = uniform(1, 'bench');
  const data = Int32Array.from({ length: (count * 3072) / 4 }, () => Math.floor(next() * 2 ** 32));
  const prepare = (more: object) => {
    const plain = trainingSchema.parse({ updates: 1e6, batchSize, flow: player, ...more });
    const training = createTraining(
      { ...plain, shards: shardsOf(plain, shape, threads, false) },
      models,
      { shape, count },
      0,
    );
    return { training, start: { ...initialize(training, { seed: 1, initialFlow: null, data }), data } };
  };
  const open = ({ training, start }: ReturnType<typeof prepare>) => {
    const session = openSession(training.program);
    session.assign(start);
    const trainingContext: TrainingContext = {
      seed: 1,
      training: 'bench',
      noiseStream: 0,
      learningRateScale: 1,
    };
    const moves = updates(session, training, trainingContext, firstCounters, training.config.updates);
    return { next: () => void moves.next(), close: () => session.dispose() };
  };
  const likelihood = open(prepare({ method: 'mle' }));
  const both = prepare({ method: 'fce', ebm: player, turn: { kind: 'ratio', ebm: 1, flow: 1 } });
  const contrast = steps.includes('ebm') ? open(both) : null;
  return {
    // The contrast's moves alternate, the EBM's first, as `steps` has them.
    next: {
      likelihood: likelihood.next,
      ...(contrast && { ebm: contrast.next, flow: contrast.next }),
    } as Partial<Record<StepName, () => void>>,
    weights: pytorchWeights(both.training, flow, both.start),
    close: () => {
      likelihood.close();
      contrast?.close();
    },
  };
}

async function hand(
  referee: Referee,
  weights: Uint8Array,
  threads: number,
  flow: ImageGlowConfig,
  { batchSize }: ImageSize,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'counterflow-bench-'));
  const file = join(folder, 'weights.safetensors');
  try {
    writeFileSync(file, weights);
    const bound = flow.scale.kind === 'tanh' ? flow.scale.bound : 0;
    for (const name of formats) {
      await referee.ask({
        do: 'load',
        name,
        file,
        depth: flow.depth,
        bound,
        slope: ebm.leakySlope,
        shape,
        batchSize,
        memoryFormat: name,
        threads,
      });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function timed(run: () => void): number {
  const began = performance.now();
  run();
  return performance.now() - began;
}
