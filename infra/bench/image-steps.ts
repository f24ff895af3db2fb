/** Training steps of images, replayed as trainings run them, against PyTorch eager with the same weights, in turns. */
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelsSchema } from '../../models/fce/config.ts';
import { createTraining } from '../../models/fce/create-training.ts';
import { initialize } from '../../models/fce/initialize.ts';
import { trainingSchema } from '../../models/fce/training-schema.ts';
import { firstCounters, updates, type Course } from '../../models/fce/updates.ts';
import { convEbmSchema } from '../../models/ebm/config.ts';
import { imageGlowSchema } from '../../models/flow/config.ts';
import { uniform } from '../../models/random.ts';
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

const shape = [32, 32, 3] as const;
const batchSize = 64;
const count = 1024;
const flow = imageGlowSchema.parse({ kind: 'image', levels: 3, depth: 8, width: 128 });
const ebm = convEbmSchema.parse({ kind: 'conv' });
const formats = ['contiguous', 'channels last'] as const;
const steps: readonly StepName[] = ['likelihood', 'ebm', 'flow'];
const warmUps = 2;
const runs = 9;

export async function imageSteps(referee: Referee | null, threads: number): Promise<MeasuredImages> {
  const ours = openSteps(threads);
  if (referee) await hand(referee, ours.weights, threads);
  const rate = sgemm(threads);
  const times = new Map<string, number[]>();
  const note = (name: string, value: number): void => void times.set(name, [...times.get(name) ?? [], value]);
  for (let run = 0; run < warmUps + runs; run += 1) {
    for (const step of steps) {
      const mine = timed(ours.next[step]);
      if (run >= warmUps) note(step, mine);
      for (const name of referee ? formats : []) {
        const { ms } = await referee!.ask({ do: 'step', name, step });
        if (run >= warmUps) note(`${step} ${name}`, Number(ms));
      }
    }
    note('sgemm', rate());
  }
  const sgemmGflops = median(times.get('sgemm')!);
  return { sgemmGflops, steps: steps.map((step) => measured(step, times, sgemmGflops, referee !== null)) };
}

function measured(step: StepName, times: ReadonlyMap<string, readonly number[]>, sgemmGflops: number, refereed: boolean): MeasuredStep {
  const ms = median(times.get(step)!);
  const gflop = (batchSize * (passes[step].flow * glowFlop(flow, shape) + passes[step].ebm * ebmFlop(ebm, shape))) / 1e9;
  const theirs = refereed ? formats.map((format) => ({ format, ms: median(times.get(`${step} ${format}`)!) })).sort((a, b) => a.ms - b.ms)[0]! : null;
  return { step, ms, pytorch: theirs, ratio: theirs && theirs.ms / ms, gflop, share: gflop / (ms / 1000) / sgemmGflops };
}

/** A likelihood training, and a contrast with its two players' steps, each as a function that makes one more update. */
function openSteps(threads: number) {
  const player = { learningRate: 1e-5 };
  const models = modelsSchema.parse({ flow, ebm });
  const next = uniform(1, 'bench');
  const data = Int32Array.from({ length: (count * 3072) / 4 }, () => Math.floor(next() * 2 ** 32));
  const open = (more: object) => {
    const plain = trainingSchema.parse({ updates: 1e6, batchSize, flow: player, ...more });
    const training = createTraining({ ...plain, shards: shardsOf(plain, shape, threads, false) }, models, { shape, count }, 0);
    const start = { ...initialize(training, { seed: 1, initialFlow: null, data }), data };
    const session = openSession(training.program);
    session.assign(start);
    const course: Course = { seed: 1, training: 'bench', noiseStream: 0, learningRateScale: 1 };
    const moves = updates(session, training, course, firstCounters, training.config.updates);
    return { training, start, next: () => void moves.next() };
  };
  const likelihood = open({ method: 'mle' });
  const contrast = open({ method: 'fce', ebm: player, turn: { kind: 'ratio', ebm: 1, flow: 1 } });
  return {
    // The contrast's moves alternate, the EBM's first, as `steps` has them.
    next: { likelihood: likelihood.next, ebm: contrast.next, flow: contrast.next },
    weights: pytorchWeights(contrast.training, flow, contrast.start),
  };
}

async function hand(referee: Referee, weights: Uint8Array, threads: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'counterflow-bench-'));
  const file = join(folder, 'weights.safetensors');
  try {
    writeFileSync(file, weights);
    const bound = flow.scale.kind === 'tanh' ? flow.scale.bound : 0;
    for (const name of formats) {
      await referee.ask({ do: 'load', name, file, depth: flow.depth, bound, slope: ebm.leakySlope, shape, batchSize, memoryFormat: name, threads });
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
