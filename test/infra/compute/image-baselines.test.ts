/** VAE, DCGAN and classifier through the compute jobs: data files in, checkpoints on the way, ONNX files
 *  out. */
import '../../support/tensorflow.ts';
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { encodeSafetensors } from '../../../activities/formats/safetensors.ts';
import { createOnnxRuntime } from '../../../infra/compute/evaluate/onnx-runtime.ts';
import { exportModels } from '../../../infra/compute/export-models.ts';
import { trainSegment } from '../../../infra/compute/train-segment.ts';
import { trainingSchema } from '../../../models/training-schema.ts';
import { packBytes } from '../../../models/graph/bytes.ts';
import type { NamedArrays } from '../../../models/core/tensors.ts';
import { images, imageShape } from '../../support/image-training.ts';

const folder = mkdtempSync(join(tmpdir(), 'image-baselines-'));
after(() => rmSync(folder, { recursive: true }));
type Job = Parameters<typeof trainSegment>[0];

function dataFile(name: string, count: number, withLabels = true): string {
  const { bytes, labels } = images(count, count);
  const arrays: NamedArrays = {
    x: { shape: [count, 16], dtype: 'int32', values: packBytes(bytes) },
    ...(withLabels && { labels: { shape: [count], dtype: 'int32', values: labels } }),
  };
  const path = join(folder, name);
  writeFileSync(path, encodeSafetensors(arrays, {}));
  return path;
}
const [train, held, unlabelled] = [
  dataFile('train', 24),
  dataFile('test', 6),
  dataFile('unlabelled', 24, false),
];
const shared = { updates: 10, batchSize: 8, probeEvery: 100, logEvery: 5 };
const optimiser = { learningRate: 1e-2 };
const sections = {
  vae: { method: 'vae', ...shared, vae: optimiser, model: { latent: 3, channels: [4, 6] } },
  gan: { method: 'gan', ...shared, model: { latent: 3, channels: [4, 6] } },
  classifier: {
    method: 'classifier',
    ...shared,
    classifier: optimiser,
    model: { classes: 3, channels: [4, 6], features: 5 },
  },
};

const scratch = (name: string): string => {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
};
const context = (name: string) => ({
  scratch: scratch(name),
  threads: 1,
  signal: new AbortController().signal,
  onProgress: () => undefined,
});

function segment(
  section: object,
  fromUpdate: number,
  toUpdate: number,
  checkpoint: string | null,
  trainFile = train,
): Job {
  const spec = {
    training: 'a',
    config: trainingSchema.parse(section),
    models: null,
    seed: 1,
    threads: 1,
    dataset: { train: trainFile, test: held, shape: [...imageShape] },
    initialFlow: null,
  };
  const files = { train: trainFile, test: held, checkpoint, initialFlow: null };
  return {
    spec,
    fromUpdate,
    toUpdate,
    checkpoint: null,
    adjustment: { learningRateScale: 1, noiseStream: 0 },
    files,
  } as unknown as Job;
}

async function trained(name: keyof typeof sections) {
  const first = await trainSegment(segment(sections[name], 0, 5, null), context(`${name}-1`));
  return trainSegment(segment(sections[name], 5, 10, first.checkpoint), context(`${name}-2`));
}

describe('the compute jobs', () => {
  for (const [name, wanted, probed] of [
    ['vae', 'sampler', 'bitsPerDim.heldOut'],
    ['gan', 'sampler', null],
    ['classifier', 'features', 'accuracy.heldOut'],
  ] as const) {
    test(
      `train a ${name} in segments that equal one long one, probe it at the end, and export what is `
        + 'asked of it',
      async () => {
        const last = await trained(name);
        const whole = await trainSegment(segment(sections[name], 0, 10, null), context(`${name}-whole`));
        assert.deepEqual(last.weights, whole.weights);
        const lines = readFileSync(last.metrics, 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as Record<string, number>);
        assert.equal(lines.at(-1)!.update, 10);
        if (probed) assert.ok(Number.isFinite(last.last[probed]), `no ${probed} at the end`);
        const written = await exportModels(
          { checkpoint: last.checkpoint, models: null, shape: imageShape, metadata: {} },
          context(`${name}-export`),
        );
        assert.deepEqual(
          Object.entries(written)
            .filter(([, path]) => path !== null)
            .map(([key]) => key),
          [wanted],
        );
        const runtime = createOnnxRuntime(1);
        const model = await runtime.open(written[wanted]!);
        const outputs =
          name === 'classifier'
            ? await model.run(new Float32Array(2 * 64).fill(9), [2, 1, 8, 8], ['features', 'logits'])
            : await model.run(new Float32Array(2 * 3).fill(0.5), [2, 3], ['x']);
        assert.deepEqual(
          Object.values(outputs).map(({ length }) => length),
          name === 'classifier' ? [10, 6] : [128],
        );
        await runtime.release();
      },
    );
  }

  test('take VAE and DCGAN from images without labels, and refuse to train a classifier on them', async () => {
    await trainSegment(segment(sections.vae, 0, 1, null, unlabelled), context('no-labels'));
    await assert.rejects(
      trainSegment(segment(sections.classifier, 0, 1, null, unlabelled), context('refused')),
      /should hold "labels" as int32, and holds x int32/,
    );
  });

  test('refuse labels that the classifier has no class for', async () => {
    const few = { ...sections.classifier, model: { ...sections.classifier.model, classes: 2 } };
    await assert.rejects(
      trainSegment(segment(few, 0, 1, null), context('classes')),
      /labels from 0 to 1, got 2/,
    );
  });
});
