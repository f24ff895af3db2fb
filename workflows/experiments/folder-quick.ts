import type { Experiment } from './experiment.ts';
import { quick } from './images.ts';

export const folderQuick: Experiment = {
  name: 'folder-quick',
  title: 'A folder of images, quick',
  description:
    'Your own images, any folder of them: a small Glow by maximum likelihood, then FCE, with '
    + 'control, VAE and DCGAN. Give a network with --features for distances.',
  // No mirror images: nothing is known of the folder, and a letter or a digit is another one in the mirror.
  config: quick({ dataset: { kind: 'folder' }, flips: false }, { pretrain: 3500, contrast: 700 }),
  needs: { dataDir: true },
  command: 'npm start -- run folder-quick --data-dir DIR --features FILE.onnx',
  expected: 'Depends on the folder. The settings are those of cifar10-quick, without mirror images.',
};
