/** Figures of Gao et al., *Flow Contrastive Estimation of Energy-Based Models* (arXiv 1912.00589v2, CVPR
 *  2020), each with how sure we are of it. */

/** S: given in the project's own summary of the paper. C: read in a second public source.
 *  R: recalled; it could not be confirmed and must never be printed without saying so. */
export type Mark = 'S' | 'C' | 'R';

export interface PaperNumber {
  readonly value: number;
  readonly mark: Mark;
}

export const markMeanings: Readonly<Record<Mark, string>> = {
  S: 'given in this project’s summary of the paper',
  C: 'read in a second public source',
  R: 'recalled, unconfirmed: to be checked against the paper before it is quoted',
};

export type PaperDataset = 'svhn' | 'cifar10' | 'celeba32';
export type ImageModel = 'vae' | 'dcgan' | 'flowMle' | 'flowFce' | 'ebmFce';

export type PaperTable = Readonly<Partial<Record<ImageModel, Readonly<Record<PaperDataset, PaperNumber>>>>>;

/** Frechet inception distance (Inception-V3 features), lower is better. */
export const paperInceptionDistance: PaperTable = {
  vae: { svhn: recalled(57.25), cifar10: second(78.41), celeba32: recalled(38.76) },
  dcgan: { svhn: recalled(21.4), cifar10: recalled(37.7), celeba32: recalled(12.5) },
  flowMle: { svhn: summary(41.7), cifar10: summary(45.99), celeba32: summary(23.32) },
  flowFce: { svhn: summary(20.19), cifar10: summary(37.3), celeba32: summary(12.21) },
};

/** Bits per dimension on the test set; the EBM's with the learned log normaliser. */
export const paperBitsPerDim: PaperTable = {
  flowMle: { svhn: recalled(2.17), cifar10: recalled(3.35), celeba32: recalled(3.49) },
  flowFce: { svhn: recalled(2.25), cifar10: recalled(3.45), celeba32: recalled(3.54) },
  ebmFce: { svhn: second(2.15), cifar10: second(3.27), celeba32: recalled(3.4) },
};

/** The 2-D experiments: the paper draws densities and a curve, and prints no table of them. */
export const paperToy = {
  claim: {
    mark: 'S' as Mark,
    sentence:
      'The log-density error of FCE is lower than that of NCE with a fixed Gaussian, and falls fast '
      + 'from a random Glow.',
  },
  reimplementation: {
    density: 'eight-gaussians',
    mark: 'C' as Mark,
    /** Nats^2, measured there on training points. */
    atUpdates: [
      { updates: 2000, mse: 'about 0.1' },
      { updates: 10_000, mse: '0.03 to 0.05' },
    ],
  },
} as const;

function summary(value: number): PaperNumber {
  return { value, mark: 'S' };
}

function second(value: number): PaperNumber {
  return { value, mark: 'C' };
}

function recalled(value: number): PaperNumber {
  return { value, mark: 'R' };
}
