import type { Experiment } from './experiment.ts';
import { paperScale } from './images.ts';

export const folder: Experiment = {
  name: 'folder',
  title: 'A folder of images',
  description:
    "Your own images, any folder of them: Glow of the paper's size for CelebA (3 levels x 16 steps, "
    + 'width 512), then FCE, with control, VAE and DCGAN beside it.',
  // No mirror images: nothing is known of the folder, and a letter or a digit is another one in the mirror.
  config: paperScale({ dataset: { kind: 'folder' }, flips: false }, 16),
  needs: { dataDir: true },
  command: 'npm start -- run folder --data-dir DIR --features pt_inception-2015-12-05-6726825d.pth',
  expected: 'Not run at full scale yet: it wants a GPU.',
};
