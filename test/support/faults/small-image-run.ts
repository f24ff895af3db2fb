/** The smallest run of images that passes through every stage there is: made-up digits, networks of a few
 *  units, every kind of training. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunRequest } from '../../../activities/contracts/run.ts';
import { resolveConfig } from '../../../infra/client/runs/resolve-config.ts';
import { uniform } from '../../../models/core/random.ts';
import { mnistQuick } from '../../../workflows/experiments/mnist-quick.ts';

const side = 28;
const classes = 10;
const counts = { train: 120, t10k: 60 } as const;

const trainings = [
  'pretrain',
  'contrast',
  'baselines.control',
  'baselines.vae',
  'baselines.dcgan',
  'featureNetwork',
];
const updates = 12;
const settings = [
  'dataset.allowPartial=true',
  'models.flow.levels=2',
  'models.flow.depth=1',
  'models.flow.width=4',
  'models.ebm.channels=[4,8]',
  'baselines.vae.model.channels=[4,8]',
  'baselines.dcgan.model.channels=[4,8]',
  'featureNetwork.model.channels=[4,8]',
  'featureNetwork.model.features=8',
  ...trainings.flatMap((training) => [
    `${training}.updates=${updates}`,
    `${training}.segments=10`,
    `${training}.batchSize=10`,
    `${training}.logEvery=1`,
  ]),
  'contrast.ebmWarmupUpdates=2',
  'evaluation.samples=100',
  'evaluation.importanceSamples=100',
  'evaluation.gridSamples=16',
  'compute.threads=1',
];

export function smallImageRequest(runId: string, dataDir: string): RunRequest {
  return {
    runId,
    experiment: mnistQuick.name,
    title: mnistQuick.title,
    config: resolveConfig(mnistQuick, { set: settings, seed: undefined }),
    dataDir,
    features: null,
    fresh: true,
    startedAt: new Date().toISOString(),
    setupSeconds: 0,
    command: `a test: ${runId}`,
  };
}

/** Digits in MNIST's own files: a bright row that the label names, and noise. */
export function writeDigits(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [half, count] of Object.entries(counts)) {
    const next = uniform(1, half);
    const pixels = Uint8Array.from({ length: count * side * side }, (_, i) => {
      const label = Math.floor(i / (side * side)) % classes;
      return Math.floor(next() * 60) + (Math.floor(i / side) % side === 2 * label ? 190 : 0);
    });
    writeFileSync(join(folder, `${half}-images-idx3-ubyte`), idx([count, side, side], pixels));
    writeFileSync(
      join(folder, `${half}-labels-idx1-ubyte`),
      idx(
        [count],
        Uint8Array.from({ length: count }, (_, i) => i % classes),
      ),
    );
  }
}

/** Two zero bytes, the type (8: bytes), the number of dimensions, each of them, the values. */
function idx(shape: readonly number[], values: Uint8Array): Buffer {
  const sizes = Buffer.alloc(4 * shape.length);
  shape.forEach((size, i) => sizes.writeUInt32BE(size, 4 * i));
  return Buffer.concat([Buffer.from([0, 0, 8, shape.length]), sizes, values]);
}
