/** Made-up inputs of a report, with the shape and the size of real ones: none of their figures was
 *  measured. */
import { experimentConfigSchema } from '../../../activities/config/experiment-config.ts';
import type {
  DensityGrids,
  MetricsLine,
  ReportInput,
  ReportRecord,
} from '../../../activities/report/contract.ts';

const adam = (learningRate: number) => ({ learningRate });
const sha = (digit: string) => digit.repeat(64);

const toyConfig = experimentConfigSchema.parse({
  dataset: { kind: 'toy', density: 'eight-gaussians' },
  models: { flow: { kind: 'vector' }, ebm: { kind: 'dense' } },
  baselines: {
    flowMle: { method: 'mle', updates: 10_000, batchSize: 1000, flow: adam(1e-3) },
    nceStandard: { method: 'nce', updates: 10_000, batchSize: 1000, ebm: adam(1e-3), noise: 'standard' },
    nceMatched: { method: 'nce', updates: 10_000, batchSize: 1000, ebm: adam(1e-3), noise: 'matched' },
  },
  contrast: {
    method: 'fce',
    updates: 10_000,
    batchSize: 1000,
    flow: adam(7e-4),
    ebm: adam(1e-3),
    turn: { kind: 'accuracy', threshold: 0.6 },
  },
});

const imageConfig = experimentConfigSchema.parse({
  dataset: { kind: 'cifar10', allowPartial: true },
  models: { flow: { kind: 'image' }, ebm: { kind: 'conv' } },
  pretrain: { method: 'mle', updates: 4000, batchSize: 64, flips: true, flow: adam(1e-3) },
  contrast: {
    method: 'fce',
    updates: 1500,
    batchSize: 64,
    flow: adam(1e-5),
    ebm: adam(3e-4),
    turn: { kind: 'value', bound: -1.4 },
    reference: 'pretrained',
  },
});

const environment = {
  gitCommit: 'f00dfeed'.repeat(5),
  gitDirty: false,
  lockfileSha256: sha('7'),
  versions: { node: '20.20.1', tensorflow: '2.21.0', onnxruntime: '1.30.0', temporal: '1.29.1' },
  hardware: { cpu: 'Made-up CPU @ 2.40GHz', cores: 2, memoryGiB: 24, device: 'cpu' },
  threads: 2,
};

const training = (updates: number, seconds: number, digit: string, last: Record<string, number>) => ({
  updates,
  seconds,
  rollbacks: 0,
  weightsSha256: { raw: sha(digit), averaged: sha(digit + digit).slice(0, 64) },
  last,
});

const toyRecord: ReportRecord = {
  id: 'eight-gaussians-20261123-a1b2',
  experiment: 'eight-gaussians',
  title: 'Eight Gaussians: flow contrastive estimation in two dimensions',
  status: 'completed',
  seed: 1,
  partialData: false,
  startedAt: '2026-11-23T18:13:40.000Z',
  finishedAt: '2026-11-23T18:23:44.800Z',
  executionProvider: 'cpu',
  trainings: {
    'flow-mle': training(10_000, 78.31, '1', { update: 10_000, loss: 1.1012, 'mse.flow': 0.16612345 }),
    'nce-standard': training(10_000, 53.07, '2', { update: 10_000, value: -0.4213, 'mse.ebm': 0.0145321 }),
    'nce-matched': training(10_000, 53.42, '5', { update: 10_000, value: -0.8871, 'mse.ebm': 0.0029113 }),
    contrast: {
      ...training(10_000, 318.64, '6', {
        update: 10_000,
        value: -1.3861,
        accuracy: 0.6013,
        'mse.ebm': 0.0096431,
      }),
      rollbacks: 1,
    },
  },
  command: 'npm start -- run eight-gaussians --seed 1 --fresh',
  config: toyConfig,
  timings: {
    setupS: 212.4,
    prepareS: 3.25,
    baselinesS: 241.7,
    contrastS: 318.6,
    exportS: 12.1,
    evaluateS: 17.9,
    totalS: 604.8,
  },
  decisions: [
    {
      at: '2026-11-23T18:14:02.000Z',
      what: 'reused',
      sentence: 'The data set was found under its key, made 2 hours before.',
      details: { key: sha('3').slice(0, 16) },
    },
    {
      at: '2026-11-23T18:17:31.000Z',
      what: 'rollback',
      training: 'contrast',
      sentence: 'V left its range at update 3,117; back to update 3,000 with learning rates times 0.5.',
      details: {
        rule: 'maxValue',
        update: 3117,
        value: -104321.5,
        limit: 100000,
        learningRateScale: 0.5,
        noiseStream: 1,
      },
    },
  ],
  results: {
    mse: {
      flowMle: 0.16612345,
      flowFce: 0.4271901,
      ebmFce: 0.0096431,
      ebmNceStandard: 0.0145321,
      ebmNceMatched: 0.0029113,
    },
    logNormalizer: {
      ebmFce: { quadrature: 0.00412, learned: 1.93312, true: 1.93724 },
      ebmNceStandard: { quadrature: -0.01234, learned: 2.11345, true: 2.10111 },
      ebmNceMatched: { quadrature: 0.00087, learned: 2.00231, true: 2.00318 },
    },
  },
  weightsSha256: { contrast: { raw: sha('a'), averaged: sha('b') } },
  environment,
  dataset: { source: 'made from the seed', trainCount: 500_000, testCount: 20_000 },
  steps: [
    { name: 'prepare-dataset', key: sha('3'), reused: true, reason: 'found under its key', seconds: 0.02 },
    {
      name: 'contrast, updates 0 to 500',
      key: sha('4'),
      reused: false,
      reason: 'nothing under this key',
      seconds: 15.93,
    },
  ],
  artifacts: [
    { name: 'checkpoints/contrast.safetensors', sha256: sha('c'), bytes: 1_214_332 },
    { name: 'onnx/ebm-fce.onnx', sha256: sha('d'), bytes: 141_020 },
  ],
};

const wobble = (i: number) => (Math.sin(i * 12.9898) * 43758.5453) % 1;

function toyMetrics(): MetricsLine[] {
  const updates = Array.from({ length: 200 }, (_, i) => (i + 1) * 50);
  const rate = (update: number, from: number) => from * 0.5 * (1 + Math.cos((Math.PI * update) / 10_000));
  const baseline = (training: string, mse: string, end: number, speed: number) =>
    updates.map((update): MetricsLine => ({
      training,
      update,
      [mse]: end * (1 + 60 * Math.exp(-update / speed)) * (1 + 0.1 * wobble(update)),
      learningRate: rate(update, 1e-3),
      gradNorm: 0.3 + 0.2 * Math.abs(wobble(update + 7)),
      ...(mse === 'mse.flow'
        ? { loss: 1.1 + Math.exp(-update / speed), logProb: -2.2 - 2 * Math.exp(-update / speed) }
        : { value: -0.42 - 0.9 * Math.exp(-update / 300) + 0.01 * wobble(update), accuracy: 0.91 }),
    }));
  const contrast = updates.map((update, i): MetricsLine => ({
    training: 'contrast',
    update,
    turn: wobble(update) > 0.3 ? 'flow' : 'ebm',
    value: -Math.log(4) + (i === 1 ? -40 : 0.9 * Math.exp(-update / 700)) + 0.03 * wobble(update),
    accuracy: 0.6 + 0.3 * Math.exp(-update / 500) + 0.02 * wobble(update + 1),
    'mse.ebm':
      0.0096
      * (1 + 500 * Math.exp(-update / 600) + 2 * Math.exp(-update / 3000))
      * (1 + 0.2 * wobble(update)),
    'mse.flow': 0.42 * (1 + 12 * Math.exp(-update / 900)) * (1 + 0.2 * wobble(update + 3)),
    learningRate: rate(update, wobble(update) > 0.3 ? 7e-4 : 1e-3),
    gradNorm: 0.2 + 0.3 * Math.abs(wobble(update + 9)),
    ebmUpdates: Math.round(update * 0.68),
    flowUpdates: update - Math.round(update * 0.68),
    maxSample: 5 + wobble(update),
  }));
  return [
    ...baseline('flow-mle', 'mse.flow', 0.166, 1500),
    ...baseline('nce-standard', 'mse.ebm', 0.0145, 900),
    ...baseline('nce-matched', 'mse.ebm', 0.0029, 600),
    ...contrast,
  ];
}

const modes = Array.from(
  { length: 8 },
  (_, k) => [2.83 * Math.cos((Math.PI * k) / 4), 2.83 * Math.sin((Math.PI * k) / 4)] as const,
);

function grid(size: number, extent: number, spread: number, floor: number): Float32Array {
  return Float32Array.from({ length: size * size }, (_, i) => {
    const [x, y] = [i % size, Math.floor(i / size)].map(
      (cell) => ((cell + 0.5) / size - 0.5) * 2 * extent,
    ) as [number, number];
    const sum = modes.reduce(
      (total, [cx, cy]) => total + Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * spread)),
      0,
    );
    return Math.log(sum / (8 * 2 * Math.PI * spread) + floor * Math.exp(-((Math.hypot(x, y) - 2.83) ** 2)));
  });
}

export function madeUpDensities(size = 256): DensityGrids {
  return {
    extent: 6,
    size,
    data: grid(size, 6, 1 / 8, 0),
    models: {
      flowMle: grid(size, 6, 0.14, 0.01),
      ebmNceStandard: grid(size, 6, 0.13, 0.001),
      ebmNceMatched: grid(size, 6, 1 / 8, 1e-4),
      flowFce: grid(size, 6, 0.18, 0.02),
      ebmFce: grid(size, 6, 0.12, 5e-4),
    },
  };
}

function points(count: number, spread: number): Float32Array {
  return Float32Array.from({ length: 2 * count }, (_, i) => {
    const mode = modes[Math.floor(i / 2) % 8] as readonly [number, number];
    const angle = 2 * Math.PI * Math.abs(wobble(Math.floor(i / 2) + 0.5));
    const radius = Math.sqrt(-2 * spread * Math.log(Math.abs(wobble(Math.floor(i / 2) * 3 + 1)) + 1e-9));
    return (mode[i % 2] as number) + radius * (i % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
  });
}

export function madeUpToyRun(changes: Partial<ReportRecord> = {}): Required<Omit<ReportInput, 'images'>> {
  return {
    record: { ...toyRecord, ...changes },
    metrics: toyMetrics(),
    densities: madeUpDensities(),
    samples: { data: points(2000, 1 / 8), flowMle: points(2000, 0.14), flowFce: points(2000, 0.2) },
  };
}

const imageRecord: ReportRecord = {
  ...toyRecord,
  id: 'cifar10-quick-20261123-c3d4',
  experiment: 'cifar10-quick',
  trainings: {
    pretrain: training(4000, 357.2, '8', { update: 4000, bitsPerDim: 4.1712 }),
    contrast: training(1500, 393.6, '9', { update: 1500, value: -1.4012 }),
  },
  title: 'CIFAR-10, quick: maximum likelihood, then flow contrastive estimation',
  partialData: true,
  command:
    'npm start -- run cifar10-quick --data-dir DATA --features FEATURES.onnx --set '
    + 'dataset.allowPartial=true --seed 1 --fresh',
  config: imageConfig,
  results: {
    bitsPerDim: {
      flowMle: 4.17211,
      flowFce: 4.09342,
      flowControl: 4.12001,
      vae: 5.01432,
      ebmFce: 4.05521,
      importance: { ebmFce: 4.08812 },
    },
    frechet: {
      network: 'resnet20_cifar10',
      samples: 2000,
      against: 'train, 8068 images',
      flowMle: 21.764,
      flowFce: 20.971,
      flowControl: 21.502,
      vae: 35.12,
      dcgan: 30.44,
      test: { flowMle: 22.123, flowFce: 21.402, flowControl: 21.911, vae: 35.7, dcgan: 30.98 },
    },
    kid: { flowMle: 0.0214, flowFce: 0.0201, flowControl: 0.0211, vae: 0.0402, dcgan: 0.0333 },
    precision: { samples: 2000, flowMle: 0.412, flowFce: 0.433, flowControl: 0.418, vae: 0.5, dcgan: 0.477 },
    recall: { flowMle: 0.38, flowFce: 0.391, flowControl: 0.384, vae: 0.112, dcgan: 0.205 },
    logNormalizer: {
      ebmFce: { learned: 5120.4121, importance: 5190.4832, importanceError: 0.1523, effectiveSamples: 41.33 },
    },
    samples: {
      nonFinite: { flowMle: 0, flowFce: 0, flowControl: 0 },
      maxAbs: { flowMle: 0.9812, flowFce: 0.8721, flowControl: 0.9511 },
    },
    reconstruction: {
      maxGreyLevels: { flowMle: 0.00312, flowFce: 0.00298 },
      rmsGreyLevels: { flowMle: 0.000131, flowFce: 0.000128 },
    },
    neighbours: {
      searched: 8068,
      rmsGreyLevels: { data: 31.22, flowMle: 33.91, flowFce: 32.87, flowControl: 33.4 },
    },
  },
  dataset: {
    source: 'official binary files',
    trainCount: 8068,
    testCount: 1017,
    officialTrainCount: 50_000,
    shape: [32, 32, 3],
  },
  decisions: [],
};

function imageMetrics(): MetricsLine[] {
  const pretrain = Array.from({ length: 80 }, (_, i): MetricsLine => {
    const update = (i + 1) * 50;
    return {
      training: 'pretrain',
      update,
      loss: 2.9 + 2 * Math.exp(-update / 400),
      bitsPerDim: 4.17 + 3 * Math.exp(-update / 400),
      learningRate: 1e-3,
      gradNorm: 2 + wobble(i),
    };
  });
  const contrast = Array.from({ length: 30 }, (_, i): MetricsLine => {
    const update = (i + 1) * 50;
    return {
      training: 'contrast',
      update,
      turn: i % 5 === 0 ? 'flow' : 'ebm',
      value: -1.4 - 2 * Math.exp(-update / 300) + 0.2 * wobble(i),
      accuracy: 0.6 + 0.2 * wobble(i + 3),
      bitsPerDim: 4.17 - 0.00005 * update,
      learningRate: 3e-4,
      gradNorm: 5 + wobble(i),
      ebmUpdates: Math.round(update * 0.8),
      flowUpdates: Math.round(update * 0.2),
      ...(i % 5 === 0 && { logProbShift: 2 + wobble(i + 5) }),
    };
  });
  return [...pretrain, ...contrast];
}

export function madeUpImageRun(
  images: Readonly<Record<string, Uint8Array>>,
  changes: Partial<ReportRecord> = {},
): ReportInput {
  return { record: { ...imageRecord, ...changes }, metrics: imageMetrics(), images };
}
