/** What the three 2-D experiments share: models, baselines and budget, so that they differ in the density alone. */
import type { Experiment } from './experiment.ts';

type Config = Experiment['config'];

/** 10,000 updates of each method, counting both players' for FCE; batch 1000 as in the public reimplementation. */
const budget = { updates: 10_000, batchSize: 1000, segments: 20, averaging: 0.998 } as const;
const ebmOptimiser = { learningRate: 1e-3 } as const;
const flowOptimiser = { learningRate: 7e-4 } as const;

export const twoDimensional = (density: 'eight-gaussians' | 'pinwheel' | 'spiral'): Config => ({
  dataset: { kind: 'toy', density },
  models: {
    // The bounded log-scale: with sigmoid(h + 2) trials ended in NaN within 2,000 updates.
    flow: { kind: 'vector', couplings: 10, width: 64, scale: { kind: 'tanh', bound: 2 } },
    ebm: { kind: 'dense', width: 128, hiddenLayers: 3, leakySlope: 0.2 },
  },
  baselines: {
    flowMle: { method: 'mle', ...budget, flow: { learningRate: 1e-3 } },
    nceStandard: { method: 'nce', ...budget, noise: 'standard', ebm: ebmOptimiser },
    nceMatched: { method: 'nce', ...budget, noise: 'matched', ebm: ebmOptimiser },
  },
  contrast: {
    method: 'fce',
    ...budget,
    ebm: ebmOptimiser,
    flow: flowOptimiser,
    turn: { kind: 'accuracy', threshold: 0.6 },
    lambda: 0.3,
  },
  // One thread for each training: two of them share two cores better than one after the other with two threads.
  compute: { threads: 1 },
});
