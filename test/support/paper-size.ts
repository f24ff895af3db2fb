/** Experiments of the paper's size, begun as a user starts them: models, trainings and stages as they are,
 *  with batches of two, two updates each, and a few made-up images. What was only run small does not work
 *  yet. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import sharp from 'sharp';
import { uniform } from '../../models/core/random.ts';
import { recordOf, run, start, untilSegments } from './command-line.ts';
import { temporaryFolder } from './folders.ts';
import { noTemporal } from './temporal.ts';

const side = 32;
const count = 40;

async function makeImages(folder: string): Promise<void> {
  mkdirSync(folder);
  const next = uniform(1, 'paper-size');
  for (let i = 0; i < count; i += 1) {
    const pixels = Uint8Array.from({ length: side * side * 3 }, (_, at) =>
      Math.floor(4 * (at % side) + 100 * next()),
    );
    await sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
      .png()
      .toFile(join(folder, `${i}.png`));
  }
}

/** Parameters of the flow, and channels of its images. */
const sizes = {
  mnist: { channels: 1, flow: 7_870_964 },
  svhn: { channels: 3, flow: 11_015_244 },
  celeba: { channels: 3, flow: 22_027_212 },
  cifar10: { channels: 3, flow: 44_051_148 },
} as const;
/** Of the EBM: 4 x 4 convolutions of 32, 64, 128 and 256 channels, a head and c. */
const ebmOf = (channels: number): number =>
  16 * (channels * 32 + 32 * 64 + 64 * 128 + 128 * 256) + 480 + 4 * 256 + 1 + 1;
const short = (training: string): string[] =>
  ['updates=2', 'batchSize=2', 'logEvery=1'].map((setting) => `${training}.${setting}`);

type Name = keyof typeof sizes;

/** A test for each. Those of `trained` are cancelled once they are trained: evaluation would take too
 *  long. */
export function beginsAtPaperSize({
  whole = [],
  trained = [],
}: {
  readonly whole?: readonly Name[];
  readonly trained?: readonly Name[];
}): void {
  describe(
    "an experiment of the paper's size begins",
    { skip: noTemporal, concurrency: false, timeout: 580_000 },
    () => {
      const folder = temporaryFolder('paper-size');
      for (const name of whole)
        test(`${name}: pretraining, contrast, export, evaluation and report`, () => beginWhole(name, folder));
      for (const name of trained)
        test(`${name}: pretraining and contrast`, () => beginTrainings(name, folder));
    },
  );
}

async function argumentsFor(
  name: Name,
  folder: string,
): Promise<{ readonly args: string[]; readonly out: string }> {
  const [images, out] = [join(folder, `${name}-images`), join(folder, name)];
  await makeImages(images);
  const { channels } = sizes[name];
  const settings = [
    `dataset={"kind":"folder","size":${side},"channels":${channels}}`,
    ...short('pretrain'),
    ...short('contrast'),
    'contrast.ebmWarmupUpdates=1',
    'baselines.control=null',
    'baselines.vae=null',
    'baselines.dcgan=null',
    'featureNetwork=null',
    'evaluation.samples=2',
    'evaluation.gridSamples=2',
    'evaluation.importanceSamples=2',
    'evaluation.temperatures=[1]',
    'evaluation.batchSize=4',
  ];
  return {
    out,
    args: [
      'run',
      name,
      '--out',
      out,
      '--data-dir',
      images,
      ...settings.flatMap((setting) => ['--set', setting]),
    ],
  };
}

async function beginTrainings(name: Name, folder: string): Promise<void> {
  const { args, out } = await argumentsFor(name, folder);
  const running = start(args);
  // two of the pretraining, two of the contrast
  await untilSegments(out, 4, 560_000);
  const cancelled = await run(['cancel', 'latest', '--out', out]);
  assert.equal(cancelled.code, 0, `${cancelled.stdout}\n${cancelled.stderr}`);
  await running.ended;
  rmSync(out, { recursive: true });
}

async function beginWhole(name: Name, folder: string): Promise<void> {
  const { channels, flow } = sizes[name];
  const { args, out } = await argumentsFor(name, folder);
  const { code, stdout, stderr } = await run(args);
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  const { status, trainings, results, id } = await recordOf(out);
  assert.deepEqual([status, trainings.pretrain?.updates, trainings.contrast?.updates], ['completed', 2, 2]);
  const { bitsPerDim } = results as { bitsPerDim: Record<string, number> };
  assert.ok(
    ['flowMle', 'flowFce', 'ebmFce'].every((model) => Number.isFinite(bitsPerDim[model])),
    JSON.stringify(results),
  );
  const bytesOf = (training: string): number =>
    statSync(join(out, id, 'checkpoints', `${training}.safetensors`)).size;
  // four vectors of a player, and the frozen flow that the EBM is relative to; the rest is the file's header,
  // which names thousands of parameters, and the permutations of the flow
  assertNear(bytesOf('pretrain'), 4 * 4 * flow);
  assertNear(bytesOf('contrast'), 4 * (4 * (flow + ebmOf(channels)) + flow));
  rmSync(out, { recursive: true });
}

function assertNear(bytes: number, expected: number): void {
  assert.ok(
    bytes >= expected && bytes < expected + 1_500_000,
    `${bytes} bytes, expected ${expected} and a header`,
  );
}
