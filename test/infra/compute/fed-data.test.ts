/** Trainings whose steps are fed their rows from the data's file end with the same bits as those that have
 *  them in a variable of the graph. */
import '../../support/tensorflow.ts';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Progress } from '../../../activities/ports/progress.ts';
import { encodeSafetensors } from '../../../activities/formats/safetensors.ts';
import { SafetensorsFile } from '../../../activities/formats/safetensors-file.ts';
import { isFed, mostInGraph } from '../../../infra/compute/training-data.ts';
import { trainSegment } from '../../../infra/compute/train-segment.ts';
import { modelsSchema } from '../../../models/fce/config.ts';
import { createTraining } from '../../../models/create-training.ts';
import { initialize } from '../../../models/training/initialize.ts';
import { trainingSchema } from '../../../models/training-schema.ts';
import { firstCounters, updates } from '../../../models/training/updates.ts';
import { packBytes } from '../../../models/graph/bytes.ts';
import { EagerSession } from '../../../models/graph/eager-session.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { images, imageShape } from '../../support/image-training.ts';

type Job = Parameters<typeof trainSegment>[0];

const folder = temporaryFolder('fed-data');
const [inGraph, fed] = [undefined, 0];
const count = 40;
const models = modelsSchema.parse({
  flow: { kind: 'image', levels: 2, depth: 1, width: 8 },
  ebm: { kind: 'conv', channels: [4, 8] },
});
const optimiser = { learningRate: 1e-2 };
const shared = { updates: 20, segments: 10, batchSize: 8, logEvery: 1 };
const mle = { method: 'mle', ...shared, flow: optimiser };
const fce = {
  method: 'fce',
  ...shared,
  flow: optimiser,
  ebm: optimiser,
  turn: { kind: 'ratio', ebm: 1, flow: 1 },
};
const [vae, gan] = [
  { method: 'vae', ...shared, vae: optimiser, model: { latent: 3, channels: [4, 6] } },
  { method: 'gan', ...shared, model: { latent: 3, channels: [4, 6] } },
];
const classifier = {
  method: 'classifier',
  ...shared,
  classifier: optimiser,
  model: { classes: 3, channels: [4, 6], features: 5 },
};
const stopping = { patience: 3, heldOut: 16, projections: 32 };

function dataFile(name: string, number: number): string {
  const path = join(folder, `${name}.safetensors`);
  const { bytes, labels } = images(number, number);
  writeFileSync(
    path,
    encodeSafetensors({
      x: { shape: [number, 16], dtype: 'int32', values: packBytes(bytes) },
      labels: { shape: [number], dtype: 'int32', values: labels },
    }),
  );
  return path;
}
const [train, held] = [dataFile('train', count), dataFile('test', 8)];
const artifactOf = (path: string) => ({
  sha256: createHash('sha256').update(readFileSync(path)).digest('hex'),
  bytes: readFileSync(path).length,
  uri: path,
});

let jobs = 0;
interface Options {
  readonly from?: number;
  readonly checkpoint?: string;
  readonly file?: string;
  onProgress?(progress: Progress): void;
}
function segment(
  section: object,
  most: number | undefined,
  { from = 0, checkpoint, file = train, onProgress = () => undefined }: Options = {},
) {
  const scratch = join(folder, String(jobs++));
  mkdirSync(scratch);
  const config = trainingSchema.parse(section);
  const spec = {
    training: 'a',
    seed: 1,
    threads: 1,
    config,
    models,
    initialFlow: null,
    dataset: { shape: [...imageShape], train: artifactOf(train) },
  };
  const job = {
    spec,
    checkpoint: null,
    fromUpdate: from,
    toUpdate: from + 4,
    adjustment: { learningRateScale: 1, noiseStream: 0 },
    files: { train: file, test: held, checkpoint: checkpoint ?? null, initialFlow: null },
  } as unknown as Job;
  return trainSegment(
    job,
    { scratch, threads: 1, signal: new AbortController().signal, onProgress },
    most === undefined ? {} : { mostInGraph: most },
  );
}
/** Everything a segment writes; also the one after it where it is resumed. */
async function written(section: object, most: number | undefined, resumed: boolean) {
  const first = await segment(section, most);
  const all = resumed
    ? [first, await segment(section, most, { from: 4, checkpoint: first.checkpoint })]
    : [first];
  return all.flatMap(({ checkpoint, metrics, last, figures, weights }) => [
    readFileSync(checkpoint),
    readFileSync(metrics, 'utf8'),
    last,
    figures?.heldOutDistance,
    figures?.meanValue,
    weights,
  ]);
}

describe(
  'rows fed from the file give the same checkpoints and metrics, bit for bit, as a variable of the '
    + 'graph',
  () => {
    const cases: Readonly<Record<string, object>> = {
      'maximum likelihood of flipped images': { ...mle, flips: true },
      'maximum likelihood in micro-batches and shards': { ...mle, microBatch: 4, shards: 2 },
      'the contrast relative to the frozen flow, held to a shift of log q': {
        ...fce,
        lambda: 0.1,
        reference: 'pretrained',
        maxLogProbShift: 0.01,
      },
      'the contrast in micro-batches and shards, with images set aside': {
        ...fce,
        microBatch: 4,
        shards: 2,
        maxLogProbShift: 0.01,
        stopping,
      },
      'a VAE in micro-batches, that is probed': { ...vae, microBatch: 4, probeEvery: 2 },
      'a DCGAN': gan,
      'a classifier, with labels': { ...classifier, probeEvery: 2, shards: 2 },
    };
    for (const [name, section] of Object.entries(cases)) {
      test(name, async () => {
        const resumed = 'stopping' in section;
        assert.deepEqual(await written(section, fed, resumed), await written(section, inGraph, resumed));
      });
    }

    test('and other rows give other weights', async () => {
      const other = dataFile('other', 48);
      assert.notDeepEqual(
        (await segment(mle, fed, { file: other })).weights,
        (await segment(mle, fed)).weights,
      );
    });
  },
);

describe('a training set in its file', () => {
  test('is one of images that are larger than the bound, and never one of points', () => {
    const cifar10 = { shape: [32, 32, 3], count: 50_000 };
    assert.deepEqual(
      [isFed(cifar10), isFed({ ...cifar10, count: 100_000 }), isFed({ shape: [2], count: 1e9 })],
      [false, true, false],
    );
    assert.deepEqual(
      [
        isFed({ shape: [8, 8, 1], count: mostInGraph / 64 }),
        isFed({ shape: [8, 8, 1], count: mostInGraph / 64 + 1 }),
      ],
      [false, true],
    );
  });

  test('is no variable of the graph, and a training is not run without its rows', () => {
    const form = { shape: [...imageShape], count, fed: true };
    const training = createTraining(trainingSchema.parse(gan), null, form, 0);
    assert.equal(training.program.variables.data, undefined);
    assert.deepEqual(Object.keys(training.program.functions), ['discriminator', 'generator', 'data.rows']);
    assert.deepEqual(training.program.functions.discriminator!.inputs.data, {
      shape: [8, 16],
      dtype: 'int32',
    });
    assert.equal(
      training.program.functions.generator!.inputs.data,
      undefined,
      'the generator looks at no data',
    );
    const course = { seed: 1, training: 'a', noiseStream: 0, learningRateScale: 1 };
    assert.throws(
      () => updates(new EagerSession(training.program), training, course, firstCounters, 1).next(),
      /ConfigError|Expected the rows of the training set/,
    );
    assert.throws(
      () => createTraining(trainingSchema.parse(mle), models, { shape: [2], count, fed: true }, 0),
      /Expected points as a variable/,
    );
  });

  test('starts a training as the set in memory does', () => {
    const training = createTraining(trainingSchema.parse(fce), models, { shape: [...imageShape], count }, 0);
    const file = new SafetensorsFile(train);
    const { read, ...rows } = file.rows('x', 'int32');
    const start = (data: Parameters<typeof initialize>[1]['data']) =>
      initialize(training, { seed: 1, initialFlow: null, data });
    assert.deepEqual(start(rows), start(read(0, count)));
    file.close();
  });

  const ours = (name: string): string => {
    const file = join(folder, name);
    copyFileSync(train, file);
    return file;
  };
  const atStep = (act: () => void) => {
    let done = false;
    return ({ phase, done: update }: Progress): void => {
      if (done || phase !== 'step' || update !== 2) return;
      done = true;
      act();
    };
  };

  test('that is written to while it is read, makes no checkpoint: the artifact is called damaged', async () => {
    const file = ours('changed');
    const damage = atStep(() => writeFileSync(file, readFileSync(file).fill(7, 1000, 1100)));
    await assert.rejects(segment(mle, fed, { file, onProgress: damage }), {
      name: 'StorageError',
      code: 'damaged',
      artifact: artifactOf(train).sha256,
    });
    const cut = ours('cut');
    await assert.rejects(segment(mle, fed, { file: cut, onProgress: atStep(() => truncateSync(cut, 300)) }), {
      name: 'StorageError',
      message: /cut short after it was opened/,
    });
  });

  test('that was touched and not changed, or moved away, is good to its last row', async () => {
    const file = ours('touched');
    const touch = atStep(() => {
      utimesSync(file, 1, 1);
      renameSync(file, join(folder, 'elsewhere'));
    });
    assert.deepEqual(
      (await segment(mle, fed, { file, onProgress: touch })).weights,
      (await segment(mle, fed)).weights,
    );
  });

  test('is opened anew where a whole one took the place of a damaged one between two segments', async () => {
    const file = ours('replaced');
    const first = await segment(mle, fed, { file });
    writeFileSync(file, readFileSync(file).fill(7, 1000, 1100));
    renameSync(ours('whole'), file);
    const second = await segment(mle, fed, { file, from: 4, checkpoint: first.checkpoint });
    assert.deepEqual(
      second.weights,
      (await segment(mle, fed, { from: 4, checkpoint: first.checkpoint })).weights,
    );
  });
});
