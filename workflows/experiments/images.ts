/** What the image experiments share, so that they differ in data and depth alone: the paper's scale, and a
 *  quick form for a CPU. */
import type { Experiment } from './experiment.ts';

type Config = Experiment['config'];
type Dataset = Config['dataset'];

/** The EBM is relative to the pretrained flow and the flow moves by the gradient through its samples alone:
 *  in trials on 2 cores the paper's plain form stayed at V = -560 (log q differs by 1,200 nats between
 *  images), and with all three paths one step of 1e-5 moved log q by 65 nats. */
const contrastForm = { reference: 'pretrained', paths: 'sample', objective: 'non-saturating' } as const;
/** Of the quick VAE and DCGAN: a quarter of the default's work. */
const small: [number, ...number[]] = [32, 64, 128];
/** Bounded: with sigmoid(h + 2) 28 of 2,000 samples were not finite and one reached the EBM. */
const scale = { kind: 'tanh', bound: 1.5 } as const;

/** 0.69 million parameters. The paper's channels are not confirmed; a later comparison counts its Glow 44.2
 *  million and Glow and EBM together 44.9 (table 7 of CPMLA, 2025), which leaves the EBM about 0.7: 4 x 4
 *  convolutions of twice these have 2.76. */
const paperEbm: Config['models']['ebm'] = { kind: 'conv', channels: [32, 64, 128, 256] };
/** A step of 3 x 32 steps and width 512 takes 3.2 GB in place of 5.7, and 1.25 times as long; the contrast
 *  would not fit otherwise. */
const recompute = 'couplings';

export interface ImageData {
  readonly dataset: Dataset;
  /** Mirror images: not for digits. */
  readonly flips: boolean;
}

/** Batch 64 (openai/glow's for one worker), width 512 (its default), three levels of `depth` steps (the
 *  paper's). The budget is ours, for the paper gives none: 500,000 updates are 640 epochs of CIFAR-10. */
export function paperScale({ dataset, flips }: ImageData, depth: number): Config {
  const common = { batchSize: 64, flips, segments: 200, averaging: 0.9999, logEvery: 100 } as const;
  const pretrain = {
    method: 'mle',
    ...common,
    recompute,
    updates: 500_000,
    flow: { learningRate: 1e-3, warmupUpdates: 10_000 },
  } as const;
  return {
    dataset,
    models: { flow: { kind: 'image', levels: 3, depth, width: 512, scale }, ebm: paperEbm },
    pretrain,
    contrast: {
      method: 'fce',
      ...common,
      ...contrastForm,
      recompute,
      updates: 100_000,
      averaging: 0.999,
      // 3e-4 is the paper's as recalled; for the flow Adamax at 1e-5, likewise. The first step of 3 x 32
      // steps moves all weights the same way: without a warm-up one of 5e-6 moved log q by 1,200 nats, and
      // one of 1e-5 was no number any more (after 12 updates of pretraining).
      ebm: { learningRate: 3e-4 },
      flow: { algorithm: 'adamax', learningRate: 1e-5, warmupUpdates: 1000 },
      ebmWarmupUpdates: 1000,
      turn: { kind: 'ratio', ebm: 1, flow: 1 },
      divergence: { maxSample: 50 },
    },
    baselines: {
      control: {
        ...pretrain,
        updates: null,
        averaging: 0.999,
        flow: { algorithm: 'adamax', learningRate: 1e-4, warmupUpdates: 1000 },
      },
      vae: { method: 'vae', ...common, updates: 200_000, averaging: 0.999, vae: { learningRate: 1e-3 } },
      dcgan: { method: 'gan', ...common, updates: 200_000, averaging: 0.999 },
    },
    evaluation: { samples: 50_000 },
  };
}

/** For 2 cores: a Glow of 3 x 4 steps of width 64. Pretraining decays to nothing and is averaged, so that
 *  what follows is no leftover noise; the control goes on with maximum likelihood for the time of the
 *  contrast. */
export function quick(
  { dataset, flips }: ImageData,
  updates: { readonly pretrain: number; readonly contrast: number },
): Config {
  const common = { batchSize: 64, flips, segments: 10, logEvery: 20 } as const;
  return {
    dataset,
    models: {
      flow: { kind: 'image', levels: 3, depth: 4, width: 64, scale },
      ebm: { kind: 'conv', channels: [32, 64, 128, 128] },
    },
    pretrain: {
      method: 'mle',
      ...common,
      updates: updates.pretrain,
      averaging: 0.998,
      flow: { learningRate: 1e-3, warmupUpdates: 200 },
    },
    contrast: {
      method: 'fce',
      ...common,
      ...contrastForm,
      updates: updates.contrast,
      averaging: 0.99,
      ebm: { learningRate: 3e-4 },
      flow: { learningRate: 3e-5 },
      ebmWarmupUpdates: 100,
      turn: { kind: 'ratio', ebm: 1, flow: 1 },
      divergence: { maxSample: 50 },
    },
    baselines: {
      control: { method: 'mle', ...common, averaging: 0.99, flow: { learningRate: 3e-4, warmupUpdates: 50 } },
      vae: {
        method: 'vae',
        ...common,
        model: { channels: small },
        updates: 1500,
        averaging: 0.99,
        vae: { learningRate: 1e-3 },
      },
      dcgan: { method: 'gan', ...common, model: { channels: small }, updates: 2000, averaging: 0.99 },
    },
    compute: { threads: 0 },
  };
}

/** In whose features samples of digits are compared where no network is given. Its updates are two epochs of
 *  MNIST. */
export const digitsNetwork = {
  method: 'classifier',
  updates: 2000,
  batchSize: 64,
  averaging: 0.99,
  classifier: { learningRate: 1e-3 },
} as const;
