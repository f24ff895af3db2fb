import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { decodeNpz, encodeNpz } from '../../../activities/formats/npz.ts';
import { encodeSafetensors } from '../../../activities/formats/safetensors.ts';
import { featureStatistics } from '../../../infra/compute/evaluate/feature-statistics.ts';
import { prepareFeatures } from '../../../infra/compute/evaluate/prepare-features.ts';
import { readReference } from '../../../infra/compute/evaluate/reference-file.ts';
import { mergeStatistics, statisticsOf } from '../../../models/metrics/feature-statistics.ts';
import { uniform } from '../../../models/core/random.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { runPython, skipWithout } from '../../support/python.ts';
import { meanColourNetwork } from './small-models.ts';

const folder = temporaryFolder('feature-jobs');
const shape = [4, 4, 3];
const size = 48;
const network = await meanColourNetwork(folder, [4, 4]);
const contextIn = (name: string) => {
  const scratch = join(folder, name);
  mkdirSync(scratch, { recursive: true });
  return { scratch, threads: 1, onProgress: () => {} };
};

function images(count: number): { path: string; bytes: Uint8Array } {
  const next = uniform(1, 'images');
  const bytes = Uint8Array.from({ length: count * size }, () => 256 * next());
  const path = join(folder, `images-${count}`);
  writeFileSync(
    path,
    encodeSafetensors({
      x: { shape: [count, size / 4], dtype: 'int32', values: new Int32Array(bytes.slice().buffer) },
    }),
  );
  return { path, bytes };
}
const colours = (bytes: Uint8Array): Float64Array => {
  const means = new Float64Array(bytes.length / 16);
  bytes.forEach((byte, i) => {
    means[3 * Math.floor(i / size) + (i % 3)]! += byte / 16;
  });
  return means;
};
const statisticsOfImages = async (count: number, batchSize: number) => {
  const { statistics } = await featureStatistics(
    { images: images(count).path, shape, network, batchSize },
    contextIn(`statistics-${count}-${batchSize}`),
  );
  return { bytes: readFileSync(statistics), ...(await readReference(statistics)) };
};

describe('statistics of a set of images', () => {
  test('are mean and unbiased covariance of its features, with their number and the features themselves', async () => {
    const found = await statisticsOfImages(60, 7);
    const expected = statisticsOf(colours(images(60).bytes), 3);
    assert.equal(found.count, 60);
    assert.ok(
      found.mean.every((v, i) => Math.abs(v - expected.mean[i]!) < 1e-4),
      'mean',
    );
    assert.ok(
      found.covariance.every((v, i) => Math.abs(v - expected.scatter[i]! / 59) < 1e-3),
      'covariance',
    );
    assert.ok(
      found.rows.every((v, i) => Math.abs(v - colours(images(60).bytes)[i]!) < 1e-4),
      'features',
    );
  });

  test('are those of shards of 1,000, merged in order: the same bits whoever worked them out', async () => {
    const found = await statisticsOfImages(2300, 100);
    const rows = Float32Array.from(found.rows);
    const parts = [0, 1000, 2000]
      .map((from) => statisticsOf(rows.subarray(3 * from, 3 * Math.min(from + 1000, 2300)), 3))
      .reverse()
      .reverse();
    const merged = mergeStatistics(parts);
    assert.deepEqual(found.mean, merged.mean);
    assert.deepEqual(
      found.covariance,
      merged.scatter.map((v) => v / 2299),
    );
    assert.notDeepEqual(
      found.covariance,
      statisticsOf(rows, 3).scatter.map((v) => v / 2299),
      'this test sees the order of sums',
    );
  });

  test('keep evenly spaced features of a large set', async () => {
    const { rows } = await statisticsOfImages(7001, 500);
    const all = colours(images(7001).bytes);
    assert.equal(rows.length, 5000 * 3);
    for (const i of [0, 1, 2499, 4999])
      assert.ok(Math.abs(rows[3 * i]! - all[3 * Math.floor((i * 7001) / 5000)]!) < 1e-4, `row ${i}`);
  });

  test('are bytes that do not depend on when they were written', async () => {
    assert.ok(
      (await statisticsOfImages(60, 7)).bytes.equals((await statisticsOfImages(60, 7)).bytes),
      'two files',
    );
  });
});

describe('a feature network is checked before anything is trained', () => {
  const asked = {
    file: network,
    name: 'mean-colour.onnx',
    shape,
    samples: 4,
    trainCount: 4,
    reference: null,
  };
  const prepare = (changes: Partial<typeof asked> | { reference: { path: string; name: string } }) =>
    prepareFeatures({ ...asked, ...changes }, contextIn('prepared'));

  test('and named by its file and hash; an ONNX file is never the FID Inception network', async () => {
    const { label, ...rest } = await prepare({});
    assert.match(label, /^mean-colour\.onnx \(sha256 [0-9a-f]{12}\)$/);
    assert.deepEqual(rest, { network: null, dims: 3, fid: false });
  });

  test('with the number of samples and of training images, which must exceed its features', async () => {
    await assert.rejects(prepare({ samples: 3 }), {
      name: 'DataError',
      message:
        /3 features of mean-colour\.onnx needs at least 4 samples.*has 3.*set evaluation\.samples to 4 or more/,
    });
    await assert.rejects(prepare({ trainCount: 2 }), {
      name: 'DataError',
      message: /needs at least 4 training images.*has 2/,
    });
  });

  test('with the shape of the images', () =>
    assert.rejects(prepare({ shape: [8, 8, 3] }), {
      name: 'DataError',
      message: /--features mean-colour\.onnx is no network for images of shape \[8,8,3\]/,
    }));

  test('shows grey images to a network of coloured ones as three equal colours', async () => {
    assert.equal((await prepare({ shape: [4, 4, 1] })).dims, 3);
  });

  test('with the statistics it is to be compared with', async () => {
    const path = join(folder, 'other.npz');
    writeFileSync(
      path,
      encodeNpz({
        mu: { shape: [2], values: new Float64Array(2) },
        sigma: { shape: [2, 2], values: new Float64Array(4) },
      }),
    );
    await assert.rejects(prepare({ reference: { path, name: 'other.npz' } }), {
      name: 'DataError',
      message: /--reference other\.npz should hold statistics of 3 features.*holds 2/,
    });
    writeFileSync(path, encodeNpz({ mu: { shape: [2], values: new Float64Array(2) } }));
    await assert.rejects(prepare({ reference: { path, name: 'other.npz' } }), {
      name: 'DataError',
      message: /should hold mu \[dims\] and sigma \[dims, dims\].*holds mu \[2\]/,
    });
  });

  test('and weights that are those of another network are refused by what they lack', async () => {
    const path = join(folder, 'weights.pth');
    writeFileSync(path, Buffer.from('no weights'));
    await assert.rejects(prepare({ file: path, name: 'weights.pth' }), {
      name: 'BadInputError',
      message: /weights\.pth is no PyTorch checkpoint/,
    });
  });
});

describe('an .npz file', { skip: skipWithout('numpy') }, () => {
  const path = join(folder, 'arrays.npz');

  test('of ours is read by numpy', async () => {
    writeFileSync(
      path,
      encodeNpz({
        mu: { shape: [3], values: Float64Array.of(0.1, -2, 1e300) },
        rows: { shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) },
        count: { shape: [], values: Float64Array.of(7) },
      }),
    );
    const read = runPython([
      '-c',
      'import numpy as np, json, sys\nf = np.load(sys.argv[1])\nprint(json.dumps({k: '
        + '[str(f[k].dtype), f[k].tolist()] for k in f.files}))',
      path,
    ]);
    assert.deepEqual(JSON.parse(read), {
      mu: ['float64', [0.1, -2, 1e300]],
      rows: [
        'float32',
        [
          [1, 2],
          [3, 4],
        ],
      ],
      count: ['float64', 7],
    });
  });

  test("of numpy's is read by us, compressed or not, in either order", async () => {
    for (const save of ['savez', 'savez_compressed']) {
      runPython([
        '-c',
        `import numpy as np, sys\nnp.${save}(sys.argv[1], mu=np.array([0.1, -2.]), `
          + 'sigma=np.asfortranarray([[1., 2., 3.], [4., 5., 6.]]), half=np.float32([1.5]))',
        path,
      ]);
      const arrays = await decodeNpz(readFileSync(path), 'arrays.npz');
      assert.deepEqual(
        [...arrays].map(([name, { shape: of, values }]) => [name, of, [...values]]),
        [
          ['mu', [2], [0.1, -2]],
          ['sigma', [2, 3], [1, 2, 3, 4, 5, 6]],
          ['half', [1], [1.5]],
        ],
      );
    }
  });

  test('of other things than floats is refused by its header', async () => {
    runPython(['-c', 'import numpy as np, sys\nnp.savez(sys.argv[1], mu=np.array([1, 2]))', path]);
    await assert.rejects(decodeNpz(readFileSync(path), 'arrays.npz'), {
      name: 'BadInputError',
      message: /mu\.npy in arrays\.npz should be an array of little-endian floats.*<i8/,
    });
  });
});
