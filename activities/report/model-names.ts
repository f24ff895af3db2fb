/** What the models and trainings of a run are called in text, and how their lines look. Colours are CSS
 *  variables, for light and dark. */

export interface ModelName {
  readonly short: string;
  readonly long: string;
}

const known: Readonly<Record<string, ModelName>> = {
  data: { short: 'Data', long: 'Data' },
  vae: { short: 'VAE', long: 'variational autoencoder' },
  dcgan: { short: 'DCGAN', long: 'deep convolutional GAN' },
  flowInitial: { short: 'Given flow', long: 'the flow that was given, before the contrast' },
  flowMle: { short: 'Glow-MLE', long: 'Glow, maximum likelihood' },
  ebmNceStandard: { short: 'NCE, N(0, I)', long: 'EBM, NCE against a standard normal' },
  ebmNceMatched: { short: 'NCE, matched', long: 'EBM, NCE against a Gaussian matched to the data’s moments' },
  flowControl: {
    short: 'Glow-MLE, longer',
    long: 'control: more maximum likelihood in place of the contrast',
  },
  flowFce: { short: 'Glow-FCE', long: 'Glow, flow contrastive estimation' },
  ebmFce: { short: 'EBM-FCE', long: 'EBM, flow contrastive estimation' },
};

/** Order of every table and figure; models nobody foresaw come last, under their own names. */
export function inOrder(names: Iterable<string>): string[] {
  return [...names].sort((a, b) => modelRank(a) - modelRank(b));
}

/** Place in that order. */
export function modelRank(name: string): number {
  const order = Object.keys(known);
  return order.includes(name) ? order.indexOf(name) : order.length;
}

export function modelName(name: string): ModelName {
  return known[name] ?? { short: name, long: name };
}

export interface LineStyle {
  readonly colour: string;
  readonly dash: string;
}

const styles: Readonly<Record<string, LineStyle>> = {
  flowInitial: { colour: 'var(--flow-mle)', dash: '3 2' },
  flowMle: { colour: 'var(--flow-mle)', dash: '7 3' },
  pretrain: { colour: 'var(--flow-mle)', dash: '3 2' },
  ebmNceStandard: { colour: 'var(--nce-standard)', dash: '2 3' },
  ebmNceMatched: { colour: 'var(--nce-matched)', dash: '8 3 2 3' },
  vae: { colour: 'var(--nce-standard)', dash: '2 3' },
  dcgan: { colour: 'var(--nce-matched)', dash: '8 3 2 3' },
  flowControl: { colour: 'var(--flow-mle)', dash: '' },
  flowFce: { colour: 'var(--flow-fce)', dash: '' },
  ebmFce: { colour: 'var(--ebm-fce)', dash: '' },
};

export function lineStyle(name: string): LineStyle {
  return styles[name] ?? { colour: 'currentColor', dash: '4 2' };
}

const trainings: Readonly<Record<string, ModelName & { readonly model: string }>> = {
  'flow-mle': { model: 'flowMle', short: 'Glow-MLE', long: 'maximum likelihood, baseline' },
  'nce-standard': { model: 'ebmNceStandard', short: 'NCE, N(0, I)', long: 'NCE against a standard normal' },
  'nce-matched': { model: 'ebmNceMatched', short: 'NCE, matched', long: 'NCE against a matched Gaussian' },
  vae: { model: 'vae', short: 'VAE', long: 'variational autoencoder, baseline' },
  dcgan: { model: 'dcgan', short: 'DCGAN', long: 'deep convolutional GAN, baseline' },
  control: {
    model: 'flowControl',
    short: 'Glow, control',
    long: 'more maximum likelihood in place of the contrast',
  },
  features: {
    model: 'features',
    short: 'Classifier',
    long: 'the network whose features distances are taken in',
  },
  pretrain: { model: 'pretrain', short: 'Glow, pretraining', long: 'maximum likelihood before the contrast' },
  contrast: { model: 'ebmFce', short: 'FCE', long: 'flow contrastive estimation' },
};

export function trainingName(training: string): ModelName & { readonly model: string } {
  return trainings[training] ?? { model: training, short: training, long: training };
}
