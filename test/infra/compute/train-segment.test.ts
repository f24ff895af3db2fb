/** A segment of a contrast with early stopping, through the job itself: files in, files out. */
import '../../support/tensorflow.ts';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Progress } from '../../../activities/ports/progress.ts';
import { decodeSafetensors, encodeSafetensors } from '../../../activities/formats/safetensors.ts';
import type { Afterwards } from '../../../infra/compute/serve.ts';
import { trainSegment, type SegmentOptions } from '../../../infra/compute/train-segment.ts';
import { ebmSchema } from '../../../models/ebm/config.ts';
import { fceSchema, modelsSchema } from '../../../models/fce/config.ts';
import { trainingSchema } from '../../../models/training-schema.ts';
import { flowSchema } from '../../../models/flow/config.ts';
import { packBytes } from '../../../models/graph/bytes.ts';
import { normal } from '../../../models/core/random.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { images, imageShape } from '../../support/image-training.ts';

type Job = Parameters<typeof trainSegment>[0];

const folder = temporaryFolder('train-segment');
const count = 40;
const heldOut = 16;
const rowSize = 64;
const contrast = {
  method: 'fce',
  updates: 20,
  segments: 10,
  batchSize: 8,
  logEvery: 1,
  averaging: 0.5,
  flow: { learningRate: 1e-2 },
  ebm: { learningRate: 1e-2 },
  turn: { kind: 'ratio', ebm: 1, flow: 1 },
};
const rule = { patience: 3, heldOut, projections: 32 };

function dataFile(name: string, bytes: Uint8Array): string {
  const path = join(folder, `${name}.safetensors`);
  writeFileSync(
    path,
    encodeSafetensors({
      x: { shape: [bytes.length / rowSize, rowSize / 4], dtype: 'int32', values: packBytes(bytes) },
    }),
  );
  return path;
}
const { bytes } = images(count, 1);
const testFile = dataFile('test', images(8, 2).bytes);

let jobs = 0;
interface Wanted {
  readonly stopping?: object | null;
  readonly divergence?: object;
  readonly fromUpdate?: number;
  readonly toUpdate?: number;
  readonly checkpoint?: string | null;
  readonly sha256?: string | null;
  readonly noiseStream?: number;
  /** In total, in place of the configuration's. */
  readonly updates?: number;
  readonly signal?: AbortSignal;
  readonly options?: SegmentOptions;
}
async function segment(train: string, wanted: Wanted = {}) {
  const {
    stopping = rule,
    divergence = {},
    fromUpdate = 0,
    toUpdate = fromUpdate + 5,
    checkpoint = null,
    sha256 = null,
    noiseStream = 0,
    options,
  } = wanted;
  const { signal = new AbortController().signal } = wanted;
  const scratch = join(folder, String(jobs++));
  mkdirSync(scratch);
  const progress: Progress[] = [];
  const job = {
    spec: {
      training: 'contrast',
      seed: 1,
      threads: 1,
      initialFlow: null,
      dataset: { shape: [...imageShape], train: { sha256: train } },
      config: fceSchema.parse({ ...contrast, stopping, divergence }),
      models: {
        flow: flowSchema.parse({ kind: 'image', levels: 2, depth: 1, width: 8 }),
        ebm: ebmSchema.parse({ kind: 'conv', channels: [4, 8] }),
      },
    },
    checkpoint: sha256 && { sha256 },
    fromUpdate,
    toUpdate,
    adjustment: {
      learningRateScale: 1,
      noiseStream,
      ...(wanted.updates !== undefined && { updates: wanted.updates }),
    },
    files: { train, test: testFile, checkpoint, initialFlow: null },
  } as unknown as Job;
  let afterwards: Afterwards = async () => {};
  const context = {
    scratch,
    threads: 1,
    signal,
    onProgress: (one: Progress) => void progress.push(one),
    afterwards: (work: Afterwards) => {
      afterwards = work;
    },
  };
  const result = await trainSegment(job, context, options);
  const lines = readFileSync(result.metrics, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number>);
  return { ...result, lines, progress, afterwards };
}
const hashOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
const dark = (from: number, until: number): Uint8Array =>
  bytes.map((value, i) => (i >= from * rowSize && i < until * rowSize ? 0 : value));

describe('a segment of a contrast that may stop early', async () => {
  const train = dataFile('train', bytes);
  const first = await segment(train);

  test(
    'measures the distance before its first update and after its last, and tells it in those lines '
      + 'alone',
    () => {
      assert.deepEqual(
        first.lines.map(({ update }) => update),
        [0, 1, 2, 3, 4, 5],
      );
      assert.deepEqual(
        first.lines
          .filter(({ heldOutDistance }) => heldOutDistance !== undefined)
          .map(({ update }) => update),
        [0, 5],
      );
      assert.equal(first.last.heldOutDistance, first.figures!.heldOutDistance);
      assert.equal(first.lines[0]!.heldOutDistance, first.figures!.start!.heldOutDistance);
      assert.notEqual(first.figures!.heldOutDistance, first.figures!.start!.heldOutDistance);
    },
  );

  test('tells the mean of V over all of its updates', () => {
    const values = first.lines.slice(1).map(({ value }) => value!);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    assert.ok(
      Math.abs(first.figures!.meanValue - mean) < 1e-9,
      `told ${first.figures!.meanValue}, mean ${mean}`,
    );
  });

  test('keeps what it started from as a checkpoint of its own, without samples or images in it', () => {
    const arrays = (path: string) => decodeSafetensors(readFileSync(path), path);
    const [start, end] = [arrays(first.figures!.start!.checkpoint), arrays(first.checkpoint)];
    assert.deepEqual(Object.keys(start.arrays), Object.keys(end.arrays));
    assert.deepEqual(
      Object.keys(start.arrays).filter((name) => /probe|data/.test(name)),
      [],
    );
    assert.equal((JSON.parse(start.metadata.counters!) as { update: number }).update, 0);
    assert.deepEqual(start.arrays['flow.average'], start.arrays.flow);
    assert.notDeepEqual(start.arrays['flow.average']!.values, end.arrays['flow.average']!.values);
  });

  test('has no start where it goes on from a checkpoint, and the same distance from the same weights', async () => {
    const second = await segment(train, { fromUpdate: 5, checkpoint: first.checkpoint });
    assert.deepEqual(
      second.lines.map(({ update }) => update),
      [6, 7, 8, 9, 10],
    );
    assert.equal(second.figures!.start, undefined);
    const again = await segment(train, { checkpoint: null });
    assert.deepEqual(again.figures!.heldOutDistance, first.figures!.heldOutDistance);
    assert.deepEqual(again.weights, first.weights);
  });

  test(
    'goes on without its file from the checkpoint that the process has just written, to the same '
      + 'bytes, and from no other',
    async () => {
      const { checkpoint } = await segment(train);
      const sha256 = hashOf(checkpoint);
      const none = join(folder, 'no-such-file');
      const warm = await segment(train, { fromUpdate: 5, checkpoint: none, sha256 });
      await assert.rejects(
        segment(train, { fromUpdate: 5, checkpoint: none, sha256 }),
        /ENOENT/,
        'the state is that of update 10 by now',
      );
      const read = await segment(train, { fromUpdate: 5, checkpoint, sha256 });
      assert.deepEqual([hashOf(warm.checkpoint), warm.lines], [hashOf(read.checkpoint), read.lines]);
    },
  );

  test('reads its checkpoint after a job that did not come to its end', async () => {
    const { checkpoint } = await segment(train);
    const sha256 = hashOf(checkpoint);
    await assert.rejects(
      segment(train, { fromUpdate: 5, checkpoint, sha256, signal: AbortSignal.abort(new Error('enough')) }),
      /enough/,
    );
    await assert.rejects(
      segment(train, { fromUpdate: 5, checkpoint: join(folder, 'no-such-file'), sha256 }),
      /ENOENT/,
    );
  });

  test('reports the samples it draws as progress', () => {
    const drawn = first.progress
      .filter(({ phase }) => phase === 'samples')
      .map(({ done, total }) => `${done}/${total}`);
    assert.deepEqual(drawn, ['1/2', '2/2', '1/2', '2/2']);
  });

  test(
    'does not draw the last images of the file: they change the distance and not the weights; the '
      + 'others change the weights',
    async () => {
      const other = await segment(dataFile('other-end', dark(count - heldOut, count)));
      assert.deepEqual(other.weights, first.weights);
      assert.notEqual(other.figures!.heldOutDistance, first.figures!.heldOutDistance);
      const trained = await segment(dataFile('other-start', dark(0, count - heldOut)));
      assert.notDeepEqual(trained.weights, first.weights);
      const fewer = await segment(train, { stopping: { ...rule, heldOut: 8 } });
      assert.notDeepEqual(fewer.weights, first.weights);
    },
  );

  test('without a rule has no figures, no line before its first update, and draws all images', async () => {
    const plain = await segment(train, { stopping: null });
    assert.equal(plain.figures, undefined);
    assert.deepEqual(
      plain.lines.map(({ update }) => update),
      [1, 2, 3, 4, 5],
    );
    assert.ok(
      plain.lines.every((line) => !('heldOutDistance' in line)),
      'no distance is measured',
    );
    const other = await segment(dataFile('other-end-again', dark(count - heldOut, count)), {
      stopping: null,
    });
    assert.notDeepEqual(other.weights, plain.weights);
  });
});

describe('a training that goes on while its checkpoint is stored', () => {
  const train = dataFile('ahead', bytes);
  const none = join(folder, 'no-such-file');
  const plain = { stopping: null } as const;
  const ahead = { ...plain, options: { aheadFrom: 0 } } as const;
  const going = new AbortController().signal;
  /** The first five updates, and four ahead: one less than the segment had. */
  const begun = async (more: Wanted = {}, signal = going) => {
    const { checkpoint, afterwards } = await segment(train, { ...ahead, ...more });
    await afterwards(signal);
    return { sha256: hashOf(checkpoint), checkpoint };
  };
  const next = { fromUpdate: 5, checkpoint: none };
  const firstStep = ({ progress }: { readonly progress: readonly Progress[] }): number =>
    progress.find(({ phase }) => phase === 'step')!.done;

  test(
    'has the next segment begun by the time it is asked for, to the same bytes and lines as one that '
      + 'reads the file',
    async () => {
      const { sha256, checkpoint } = await begun();
      const warm = await segment(train, { ...ahead, ...next, sha256 });
      const read = await segment(train, { ...plain, fromUpdate: 5, checkpoint });
      assert.deepEqual([firstStep(warm), firstStep(read)], [9, 6], 'four were made ahead');
      assert.deepEqual(
        [hashOf(warm.checkpoint), warm.weights, warm.lines, warm.last],
        [hashOf(read.checkpoint), read.weights, read.lines, read.last],
      );
      assert.deepEqual(
        warm.lines.map(({ update }) => update),
        [6, 7, 8, 9, 10],
      );
      assert.ok(
        warm.lines[0]!['gradNorm.ebm']! > 0 && warm.lines[0]!['gradNorm.flow']! > 0,
        'the first line tells of the player who moved in the segment before',
      );
    },
  );

  test('measures a distance as one that reads the file', async () => {
    const { sha256, checkpoint } = await begun({ stopping: rule });
    const warm = await segment(train, { ...ahead, ...next, stopping: rule, sha256 });
    const read = await segment(train, { fromUpdate: 5, checkpoint });
    assert.deepEqual([firstStep(warm), firstStep(read)], [9, 6]);
    assert.deepEqual([warm.figures, warm.lines], [read.figures, read.lines]);
  });

  test('reads the file where another course is asked for, a shorter segment, or another checkpoint', async () => {
    const { sha256, checkpoint } = await begun();
    const turned = { ...plain, fromUpdate: 5, noiseStream: 1 };
    await assert.rejects(segment(train, { ...turned, checkpoint: none, sha256 }), /ENOENT/);
    await begun();
    const warm = await segment(train, { ...turned, checkpoint, sha256 });
    assert.deepEqual(
      [firstStep(warm), warm.lines],
      [6, (await segment(train, { ...turned, checkpoint })).lines],
    );
    await begun();
    await assert.rejects(segment(train, { ...plain, ...next, sha256, toUpdate: 8 }), /ENOENT/);
    await begun();
    await assert.rejects(segment(train, { ...plain, ...next, sha256: 'f'.repeat(64) }), /ENOENT/);
  });

  test('goes on with what it has where nothing is made ahead yet, whatever the course', async () => {
    const { checkpoint } = await segment(train, plain);
    const turned = { ...plain, fromUpdate: 5, noiseStream: 1 };
    const warm = await segment(train, { ...turned, checkpoint: none, sha256: hashOf(checkpoint) });
    assert.deepEqual(warm.lines, (await segment(train, { ...turned, checkpoint })).lines);
  });

  test('tells of a divergence in the segment that comes to it', async () => {
    const stuck = { divergence: { stuckAccuracyUpdates: 6, stuckAccuracyMargin: 0.4999 } };
    const { sha256, checkpoint } = await begun(stuck);
    await assert.rejects(segment(train, { ...ahead, ...stuck, ...next, sha256 }), /ENOENT/);
    await assert.rejects(
      segment(train, { ...ahead, ...stuck, fromUpdate: 5, checkpoint, sha256 }),
      /Diverged at update 6/,
    );
  });

  test('stands still once it is halted', async () => {
    const halt = new AbortController();
    const { checkpoint, afterwards } = await segment(train, ahead);
    const ended = afterwards(halt.signal);
    halt.abort();
    await ended;
    assert.equal(firstStep(await segment(train, { ...ahead, ...next, sha256: hashOf(checkpoint) })), 6);
  });

  test('makes nothing ahead of its end, or while its state is small', async () => {
    const { checkpoint, afterwards } = await segment(train, { ...ahead, fromUpdate: 0, toUpdate: 20 });
    await afterwards(going);
    const more = { ...plain, fromUpdate: 20, updates: 25 };
    const [warm, read] = [
      await segment(train, { ...more, checkpoint: none, sha256: hashOf(checkpoint) }),
      await segment(train, { ...more, checkpoint }),
    ];
    assert.deepEqual([firstStep(warm), warm.lines], [21, read.lines]);
    const small = await segment(train, plain);
    await small.afterwards(going);
    assert.equal(firstStep(await segment(train, { ...plain, ...next, sha256: hashOf(small.checkpoint) })), 6);
  });
});

test(
  'a training of points with Gaussian noise goes on from its file, to the weights of one that was '
    + 'not put back',
  async () => {
    const points = join(folder, 'points.safetensors');
    const next = normal(1, 'points');
    const x = {
      shape: [400, 2],
      dtype: 'float32',
      values: Float32Array.from({ length: 800 }, next),
    } as const;
    writeFileSync(
      points,
      encodeSafetensors({ x, logDensity: { shape: [400], dtype: 'float32', values: new Float32Array(400) } }),
    );
    const config = trainingSchema.parse({
      method: 'nce',
      updates: 10,
      batchSize: 50,
      noise: 'matched',
      ebm: { learningRate: 1e-2 },
    });
    const models = modelsSchema.parse({
      flow: { kind: 'vector', couplings: 1, width: 4 },
      ebm: { kind: 'dense', width: 8, hiddenLayers: 1 },
    });
    const half = async (fromUpdate: number, checkpoint: string | null, sha256: string | null) => {
      const scratch = join(folder, String(jobs++));
      mkdirSync(scratch);
      const spec = {
        training: 'nce-matched',
        seed: 1,
        threads: 1,
        initialFlow: null,
        dataset: { shape: [2], train: { sha256: points } },
        config,
        models,
      };
      const job = {
        spec,
        checkpoint: sha256 && { sha256 },
        fromUpdate,
        toUpdate: fromUpdate + 5,
        adjustment: { learningRateScale: 1, noiseStream: 0 },
        files: { train: points, test: points, checkpoint, initialFlow: null },
      } as unknown as Job;
      return trainSegment(job, {
        scratch,
        threads: 1,
        signal: new AbortController().signal,
        onProgress: () => {},
      });
    };
    const { checkpoint } = await half(0, null, null);
    const sha256 = hashOf(checkpoint);
    const warm = await half(5, join(folder, 'no-such-file'), sha256);
    const read = await half(5, checkpoint, sha256);
    assert.deepEqual([read.weights, hashOf(read.checkpoint)], [warm.weights, hashOf(warm.checkpoint)]);
    const changed = readFileSync(checkpoint);
    changed[changed.length - 1]! ^= 1;
    writeFileSync(checkpoint, changed);
    await assert.rejects(half(5, checkpoint, sha256), /damaged/);
  },
);
