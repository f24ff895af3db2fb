/** A training set that stays in its file takes no memory of the process that trains on it.
 *  COUNTERFLOW_TEST_IMAGES sets another number of images of 256 x 256 x 3: 10383 are 2.04 GB, 20346 are 4
 *  GB. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { evaluationSchema } from '../../../activities/config/experiment-sections.ts';
import { ComputePool } from '../../../infra/compute/pool.ts';
import type { JobOf } from '../../../infra/compute/protocol.ts';
import { hashOfFile } from '../../../infra/store/hash-of-file.ts';
import { mostInGraph } from '../../../infra/compute/training-data.ts';
import { modelsSchema } from '../../../models/fce/config.ts';
import { trainingSchema } from '../../../models/training-schema.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { mostResidentMb, writeNoiseImages } from '../../support/large-images.ts';

const shape = [256, 256, 3];
const imageBytes = 256 * 256 * 3;
const count = Number(process.env.COUNTERFLOW_TEST_IMAGES ?? Math.ceil((1.1 * mostInGraph) / imageBytes));
const few = 200;

const folder = temporaryFolder('large-data');
const pool = new ComputePool({ logs: join(folder, 'logs'), cores: 2 });
after(() => pool.close());
const options = {
  threads: 2,
  scratch: join(folder, 'scratch'),
  signal: new AbortController().signal,
  onProgress: () => undefined,
};

const models = modelsSchema.parse({
  flow: { kind: 'image', levels: 2, depth: 1, width: 8 },
  ebm: { kind: 'conv', channels: [4, 8] },
});
const config = trainingSchema.parse({
  method: 'mle',
  updates: 20,
  batchSize: 4,
  logEvery: 1,
  flow: { learningRate: 1e-4 },
});
const held = await writeNoiseImages(join(folder, 'test'), 16, shape);

/** Some updates from the start, and the most memory their process had. */
async function trained(name: string, images: number, onProgress = () => undefined as void) {
  const train = await writeNoiseImages(join(folder, name), images, shape);
  const dataset = { shape, train: { sha256: await hashOfFile(train) } };
  const job = {
    spec: { training: name, seed: 1, threads: 2, config, models, initialFlow: null, dataset },
    checkpoint: null,
    fromUpdate: 0,
    toUpdate: 3,
    adjustment: { learningRateScale: 1, noiseStream: 0 },
    files: { train, test: held, checkpoint: null, initialFlow: null },
  } as unknown as JobOf<'train-segment'>;
  const { last } = await pool.run('train-segment', job, { ...options, onProgress });
  assert.ok(Number.isFinite(last.bitsPerDim), `bits per dimension: ${last.bitsPerDim}`);
  const memory = Math.max(...pool.processIds().map(mostResidentMb));
  await pool.release(job.spec);
  return { train, memory };
}

describe(`${count} images of 256 x 256 x 3, ${((count * imageBytes) / 1e6).toFixed(0)} MB`, () => {
  test('train in the memory that a few take, and the pixels of those', async (t) => {
    assert.ok(count * imageBytes > mostInGraph, 'they stay in their file');
    const small = await trained('few', few);
    const large = await trained('many', count);
    t.diagnostic(
      `most memory: ${large.memory.toFixed(0)} MB; with ${few} images, in the graph: `
        + `${small.memory.toFixed(0)} MB`,
    );
    assert.ok(
      large.memory < small.memory + 100,
      `${large.memory} MB, and ${small.memory} MB with ${few} images`,
    );
  });

  test('are evaluated in memory that their number does not change', async (t) => {
    const evaluated = async (name: string): Promise<number> => {
      const own = new ComputePool({ logs: join(folder, 'logs'), cores: 2 });
      const job: JobOf<'evaluate-images'> = {
        train: join(folder, name),
        test: held,
        shape,
        seed: 1,
        features: null,
        models: {},
        samplers: {},
        evaluation: evaluationSchema.parse({ samples: 8, gridSamples: 4, importanceSamples: 100 }),
      };
      const { results } = await own.run('evaluate-images', job, options);
      assert.equal(results['neighbours.searched'], Math.min(name === 'many' ? count : few, 50_000));
      const memory = Math.max(...own.processIds().map(mostResidentMb));
      await own.close();
      return memory;
    };
    const small = await evaluated('few');
    const large = await evaluated('many');
    t.diagnostic(`most memory: ${large.toFixed(0)} MB; with ${few} images: ${small.toFixed(0)} MB`);
    assert.ok(large < small + 100, `${large} MB, and ${small} MB with ${few} images`);
  });

  after(() => rmSync(join(folder, 'many'), { force: true }));
});
