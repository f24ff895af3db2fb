import type { Experiment } from './experiment.ts';
import { quick } from './images.ts';

export const celebaQuick: Experiment = {
  name: 'celeba-quick',
  title: 'CelebA, 32 x 32, quick',
  description:
    'A small Glow by maximum likelihood, then FCE, with control, VAE and DCGAN. CelebA has no '
    + 'classes: give a network with --features for distances.',
  config: quick({ dataset: { kind: 'celeba' }, flips: true }, { pretrain: 3500, contrast: 700 }),
  needs: { dataDir: true },
  command: 'npm start -- run celeba-quick --data-dir DIR --features FILE.onnx',
  expected: 'Not run on the real set yet.',
};
