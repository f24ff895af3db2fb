/** pytorch-fid on the same images and the same random weights, where a Python has it:
 *  test/golden/pytorch-fid.py. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { readCheckpoint } from '../../../activities/formats/pytorch/read-checkpoint.ts';
import { decodeNpz, encodeNpz } from '../../../activities/formats/npz.ts';
import { createOnnxRuntime } from '../../../infra/compute/evaluate/onnx-runtime.ts';
import { toPlanes } from '../../../infra/compute/evaluate/pixels.ts';
import { prepareFeatures } from '../../../infra/compute/evaluate/prepare-features.ts';
import { writeReference } from '../../../infra/compute/evaluate/reference-file.ts';
import { statisticsOf } from '../../../models/metrics/feature-statistics.ts';
import { frechetDistance, gaussianOf } from '../../../models/metrics/frechet.ts';
import { fidInception } from '../../../models/inception/fid-inception.ts';
import { normal, uniform } from '../../../models/core/random.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { checkModels } from '../../support/onnx-python.ts';
import { hasPython, runPython, skipWithout } from '../../support/python.ts';

const referee = 'test/golden/pytorch-fid.py';
const folder = temporaryFolder('pytorch-fid');
const at = (name: string): string => join(folder, name);

describe('beside pytorch-fid', { skip: skipWithout('pytorch_fid') }, () => {
  before(() => void runPython([referee, 'weights', at('new.pth'), at('old.pth')]));

  const built = async (name: string): Promise<Uint8Array> =>
    fidInception(await readCheckpoint(readFileSync(at(name)), name), { metadata: {}, version: '' });

  test(
    'the network has the same features of noise and of pictures, smaller and larger than its 299x299, '
      + 'to 1e-3',
    async () => {
      writeFileSync(at('inception.onnx'), await built('new.pth'));
      const network = await createOnnxRuntime(2).open(at('inception.onnx'));
      for (const [height, width] of [
        [32, 32],
        [64, 48],
        [320, 301],
      ] as const) {
        const images = pictures(2, height, width);
        writeFileSync(
          at('images.npz'),
          encodeNpz({ images: { shape: [2, height, width, 3], values: Float32Array.from(images) } }),
        );
        runPython([referee, 'features', at('new.pth'), at('images.npz'), at('features.npz'), '2']);
        const { features } = await network.run(
          toPlanes(images, [height, width, 3]),
          [2, 3, height, width],
          ['features'],
        );
        const expected = Float32Array.from(
          (await decodeNpz(readFileSync(at('features.npz')), 'features.npz')).get('features')!.values,
        );
        assert.equal(features.length, expected.length);
        const error = norm(features.map((value, i) => value - expected[i]!)) / norm(expected);
        assert.ok(error < 1e-3, `${height}x${width}: ${error}`);
      }
    },
  );

  test(
    "weights given on the command line are checked with the run, and are no FID's where they are not "
      + 'the official ones',
    async () => {
      const job = {
        file: at('old.pth'),
        name: 'pt_inception-2015-12-05-6726825d.pth',
        shape: [32, 32, 3],
        samples: 2049,
        trainCount: 5000,
        reference: null,
      };
      const found = await prepareFeatures(job, { scratch: folder, threads: 2, onProgress: () => {} });
      assert.equal(found.fid, false, 'random weights under the official name');
      assert.equal(found.dims, 2048);
      assert.match(found.label, /^pt_inception-2015-12-05-6726825d\.pth \(sha256 [0-9a-f]{12}\)$/);
      await assert.rejects(
        prepareFeatures({ ...job, samples: 2000 }, { scratch: folder, threads: 2, onProgress: () => {} }),
        /2048 features .* needs at least 2049 samples.*has 2000/,
      );
    },
  );

  test(
    "the distance is pytorch-fid's own of the statistics that we write, and of statistics in different "
      + 'scales',
    async () => {
      const paths = [
        ['first.npz', 1, 0],
        ['second.npz', 1.7, 0.4],
      ] as const;
      const sets = await Promise.all(
        paths.map(async ([name, scale, shift]) => {
          const next = normal(1, name);
          const rows = Float32Array.from({ length: 600 * 64 }, (_, i) =>
            Math.max(0, scale * next() * Math.exp(-(i % 64) / 16) + shift),
          );
          const statistics = statisticsOf(rows, 64);
          await writeReference(at(name), statistics, rows);
          return gaussianOf(statistics, name);
        }),
      );
      const { distance: expected } = JSON.parse(
        runPython([referee, 'distance', at('first.npz'), at('second.npz')]),
      ) as { distance: number };
      assert.ok(
        Math.abs(frechetDistance(sets[0]!, sets[1]!) / expected - 1) < 1e-6,
        `${frechetDistance(sets[0]!, sets[1]!)} against ${expected}`,
      );
    },
  );

  test("both forms of the weights give the same file, which onnx's checker takes", async () => {
    const [first, second] = [await built('new.pth'), await built('old.pth')];
    assert.ok(Buffer.from(first).equals(second), 'two networks');
    if (hasPython('onnx')) checkModels([['inception', first]]);
  });
});

const norm = (values: Float32Array): number => Math.hypot(...values);

/** Half noise, half smooth waves. */
function pictures(count: number, height: number, width: number): Uint8Array {
  const next = uniform(1, 'pictures');
  return Uint8Array.from({ length: count * height * width * 3 }, (_, i) => {
    const [image, row, column] = [
      Math.floor(i / (height * width * 3)),
      Math.floor(i / (width * 3)) % height,
      Math.floor(i / 3) % width,
    ];
    return image % 2 === 0 ? 256 * next() : 127.5 + 127 * Math.sin(row / 5 + (i % 3)) * Math.cos(column / 7);
  });
}
