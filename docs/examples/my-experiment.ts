/** An experiment of your own: the spiral, in about a minute on two cores.
 *
 *      counterflow run docs/examples/my-experiment.ts
 *      counterflow run docs/examples/my-experiment.ts --seed 2 --set contrast.turn.ebm=3
 *      counterflow config docs/examples/my-experiment.ts     # every setting, with its documentation
 *
 *  Copy the file and change it. The run keeps a copy of what you ran, with its SHA-256. A module is run as a
 *  program: loops, constants and imports are yours. The same keys in YAML or JSON do where data is enough. */

/** What both trainings have in common, so that the comparison is of equal budgets. */
const budget = { updates: 2000, batchSize: 500, segments: 10, averaging: 0.995 };

export default {
  // Begins the ids of its runs. Letters, digits, dots, dashes and underscores; no name that is taken.
  name: 'my-spiral',
  // Stands on the report.
  title: 'My spiral',
  // For whoever reads this file.
  description: 'A small Glow and a small EBM against each other on the spiral, beside Glow alone.',
  config: {
    // Points in the plane: eight-gaussians, pinwheel or spiral. Their seed is dataset.seed, 1 by default.
    dataset: { kind: 'toy', density: 'spiral', trainCount: 20_000, testCount: 5_000 },
    models: {
      // Glow on vectors: affine couplings, here with a bounded log-scale, which stays in range.
      flow: { kind: 'vector', couplings: 6, width: 48, scale: { kind: 'tanh', bound: 1.5 } },
      // f(x) of p(x) = exp(f(x) - c): a dense network of scalar output.
      ebm: { kind: 'dense', width: 96, hiddenLayers: 3, leakySlope: 0.2 },
    },
    // What is trained beside the contrast, for comparison. Left out: none.
    baselines: {
      flowMle: { method: 'mle', ...budget, flow: { learningRate: 4e-3, warmupUpdates: 100 } },
    },
    // The contrast: the EBM learns to tell data from samples of the flow, the flow to be taken for data.
    contrast: {
      method: 'fce',
      ...budget,
      ebm: { learningRate: 4e-3 },
      flow: { learningRate: 4e-3, warmupUpdates: 100 },
      // Five moves of the EBM to one of the flow; { kind: 'accuracy', threshold: 0.6 } is the paper's rule.
      turn: { kind: 'ratio', ebm: 5, flow: 1 },
      // Weight of the likelihood in the flow's loss: 0 is V alone, as in the paper.
      lambda: 1,
      // A sample further out than this ends in a rollback.
      divergence: { maxSample: 200 },
    },
    // One thread for each training: two of them share two cores.
    compute: { threads: 1 },
  },
  // needs: { dataDir: true } would ask for --data-dir, as experiments on images do.
};
