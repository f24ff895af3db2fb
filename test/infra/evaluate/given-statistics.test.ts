/** Statistics given as `--reference`: what is no covariance, or that of too few images, is refused before
 *  anything is trained. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { encodeNpz } from '../../../activities/formats/npz.ts';
import { prepareFeatures } from '../../../infra/compute/evaluate/prepare-features.ts';
import {
  readGivenReference,
  requireSound,
  writeReference,
} from '../../../infra/compute/evaluate/reference-file.ts';
import { covarianceOf, statisticsOf } from '../../../models/metrics/feature-statistics.ts';
import { normal } from '../../../models/core/random.ts';
import { rawZip } from '../../support/faults/hostile/raw-zip.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { runPython, skipWithout } from '../../support/python.ts';
import { sharedData } from '../../support/shared-data.ts';
import { meanColourNetwork } from './small-models.ts';

const folder = temporaryFolder('given-statistics');
const dims = 3;
const network = await meanColourNetwork(folder, [4, 4]);

const next = normal(1, 'given-statistics');
const statisticsOfImages = (count: number) =>
  statisticsOf(
    Float64Array.from({ length: count * dims }, () => 100 + 10 * next()),
    dims,
  );

interface Changes {
  readonly images?: number;
  readonly sigma?: (sigma: Float64Array) => Float64Array | Float32Array;
  readonly sigmaShape?: readonly number[];
  readonly muShape?: readonly number[];
  readonly more?: Parameters<typeof encodeNpz>[0];
}

function write(
  name: string,
  {
    images = 50,
    sigma = (values) => values,
    sigmaShape = [dims, dims],
    muShape = [dims],
    more = {},
  }: Changes,
): string {
  const statistics = statisticsOfImages(images);
  const path = join(folder, name);
  writeFileSync(
    path,
    encodeNpz({
      mu: { shape: muShape, values: statistics.mean },
      sigma: { shape: sigmaShape, values: sigma(covarianceOf(statistics)) },
      ...more,
    }),
  );
  return path;
}
const prepareWith = (path: string, name: string) =>
  prepareFeatures(
    {
      file: network,
      name: 'mean-colour.onnx',
      shape: [4, 4, 3],
      samples: 100,
      trainCount: 100,
      reference: { path, name },
    },
    { scratch: folder, threads: 1, onProgress: () => {} },
  );
const prepare = (name: string, changes: Changes) => prepareWith(write(name, changes), name);
const count = (value: number) => ({ count: { shape: [], values: Float64Array.of(value) } });

describe('statistics are taken', () => {
  test('of more images than features, whether or not they say of how many', async () => {
    assert.equal((await prepare('unsaid.npz', {})).dims, dims);
    assert.equal((await prepare('said.npz', { more: count(50) })).dims, dims);
    assert.equal((await prepare('four.npz', { images: 4 })).dims, dims);
  });

  test('in float32, whose rounding is no reason', async () => {
    assert.equal((await prepare('single.npz', { sigma: (values) => Float32Array.from(values) })).dims, dims);
    const off = (values: Float64Array): Float64Array =>
      values.map((value, i) => (i === 1 ? value + 1e-7 * values[0]! : value));
    assert.equal((await prepare('summed.npz', { sigma: off })).dims, dims);
  });

  test('where a feature never changes', async () => {
    const still = (values: Float64Array): Float64Array =>
      values.map((value, i) => (i % dims === 1 || Math.floor(i / dims) === 1 ? 0 : value));
    assert.equal((await prepare('still.npz', { sigma: still })).dims, dims);
  });

  test('of features that depend on each other, where they say of how many images', async () => {
    const same = (values: Float64Array): Float64Array =>
      Float64Array.from({ length: dims * dims }, () => values[0]!);
    assert.equal((await prepare('same.npz', { sigma: same, more: count(50) })).dims, dims);
  });

  test('beside other arrays of any type, which are not read', async () => {
    const more = {
      mu_s: { shape: [2], values: Float64Array.of(NaN, 1) },
      features: { shape: [1], values: Float64Array.of(Infinity) },
    };
    const path = write('beside.npz', { more });
    assert.deepEqual((await readGivenReference(path, 'beside.npz')).rows.length, 0);
    assert.equal((await prepareWith(path, 'beside.npz')).dims, dims);
  });

  test('that we wrote ourselves', async () => {
    const path = join(folder, 'own.npz');
    await writeReference(path, statisticsOfImages(50), new Float32Array(2 * dims));
    const given = await readGivenReference(path, 'own.npz');
    assert.equal(given.count, 50);
    assert.doesNotThrow(() => requireSound(given, 'own.npz'));
  });
});

describe('statistics are refused, with the reason', () => {
  const refused: Readonly<Record<string, readonly [Changes, RegExp]>> = {
    'a sigma that is not symmetric': [
      { sigma: (values) => values.map((value, i) => (i === 1 ? value + 1 : value)) },
      /Expected sigma of .* to be symmetric, as a covariance is, got \S+ at \[0, 1\] and \S+ at \[1, 0\]/,
    ],
    'a sigma with a negative eigenvalue': [
      { sigma: () => Float64Array.of(1, 2, 0, 2, 1, 0, 0, 0, 1) },
      /to have no negative eigenvalues, as a covariance has none, got -1\.00 beside a largest of 3\.00/,
    ],
    'a sigma with a variance below zero': [
      { sigma: () => Float64Array.of(1, 0, 0, 0, -1, 0, 0, 0, 1) },
      /diagonal has numbers below zero/,
    ],
    'a sigma that is not finite': [
      { sigma: (values) => values.map((value, i) => (i === 4 ? NaN : value)) },
      /should hold finite numbers/,
    ],
    'as few images as features, which are told': [
      { images: 50, more: count(3) },
      /3 features needs statistics of at least 4 images.*has those of 3\. Give statistics of more images/,
    ],
    'as few images as features, which the rank shows': [
      { images: 3 },
      /needs statistics of at least 4 images.*does not say of how many images it is, and its sigma has rank 2, as that of 3 images has/,
    ],
    'as few images, in float32': [
      { images: 2, sigma: (values) => Float32Array.from(values) },
      /needs statistics of at least 4 images.*its sigma has rank [12],/,
    ],
    'one image': [{ sigma: (values) => values.fill(0) }, /its sigma has rank 0, as that of 1 images has/],
    'no whole number of images': [{ more: count(2.5) }, /whole number of images as count, and holds 2\.5/],
    'a sigma of another shape': [
      { sigmaShape: [9] },
      /should hold mu \[dims\] and sigma \[dims, dims\].*holds mu \[3\], sigma \[9\]/,
    ],
    'a mu of another shape': [{ muShape: [3, 1] }, /should hold mu \[dims\].*holds mu \[3, 1\]/],
  };
  for (const [name, [changes, message]] of Object.entries(refused)) {
    test(name, async () =>
      assert.rejects(prepare(`${name}.npz`, changes), (error: Error) => {
        assert.equal(error.name, 'DataError');
        assert.match(error.message, message);
        assert.ok(error.message.includes(`${name}.npz`), error.message);
        return true;
      }),
    );
  }

  test('an archive without them, by what it holds', async () => {
    const path = join(folder, 'images.npz');
    writeFileSync(path, encodeNpz({ arr_0: { shape: [1], values: Float64Array.of(1) } }));
    await assert.rejects(prepareWith(path, 'images.npz'), {
      name: 'DataError',
      message: /should hold mu \[dims\].*and holds arr_0\./,
    });
    writeFileSync(
      path,
      encodeNpz({
        mu: { shape: [0], values: new Float64Array() },
        sigma: { shape: [0, 0], values: new Float64Array() },
      }),
    );
    await assert.rejects(prepareWith(path, 'images.npz'), {
      name: 'DataError',
      message: /holds mu \[0\], sigma \[0, 0\]/,
    });
  });

  test('a single array, by what it is', async () => {
    const path = join(folder, 'single.npy');
    writeFileSync(path, Buffer.from('\x93NUMPY\x01\0', 'latin1'));
    await assert.rejects(prepareWith(path, 'single.npy'), {
      name: 'BadInputError',
      message:
        /Expected single\.npy to be an archive of arrays \(\.npz\), got a single array \(\.npy\)\. Save mu and sigma together: numpy\.savez/,
    });
  });

  test('a file that is neither', async () => {
    const path = join(folder, 'text.npz');
    writeFileSync(path, 'no archive');
    await assert.rejects(prepareWith(path, 'text.npz'), {
      name: 'BadInputError',
      message: /text\.npz is no readable zip archive/,
    });
  });

  test('an array that is there twice', async () => {
    const path = join(folder, 'twice.npz');
    writeFileSync(path, rawZip(['mu.npy', 'mu.npy'].map((name) => ({ name, content: Buffer.from('x') }))));
    await assert.rejects(prepareWith(path, 'twice.npz'), {
      name: 'BadInputError',
      message: /mu\.npy is in it twice/,
    });
  });
});

describe('statistics of numpy', { skip: skipWithout('numpy') }, () => {
  const save = (name: string, code: string): string => {
    const path = join(folder, name);
    runPython([
      '-c',
      `import numpy as np, sys\nx = np.random.default_rng(1).normal(100, 10, (50, 3))\nmu, sigma = `
        + `x.mean(0), np.cov(x, rowvar=False)\n${code}`,
      path,
    ]);
    return path;
  };

  test('are read beside images, labels and objects, with a count that is a whole number', async () => {
    const path = save(
      'suite.npz',
      'np.savez(sys.argv[1], np.zeros((5, 4, 4, 3), np.uint8), mu=mu, sigma=sigma, '
        + 'labels=np.array([b"a"]), extra=np.array({"a": 1}, dtype=object), count=np.int64(50))',
    );
    assert.equal((await readGivenReference(path, 'suite.npz')).count, 50);
    assert.equal((await prepareWith(path, 'suite.npz')).dims, dims);
  });

  test('in one array are refused by what they are', async () => {
    const path = save('dict.npy', 'np.save(sys.argv[1], {"mu": mu, "sigma": sigma})');
    await assert.rejects(prepareWith(path, 'dict.npy'), {
      name: 'BadInputError',
      message: /got a single array \(\.npy\)/,
    });
  });
});

const cases = sharedData('..', 'cases', 'references');

describe(
  'statistics as they are met in public',
  { skip: existsSync(cases) ? false : `${cases} is not here` },
  () => {
    const sound = async (name: string): Promise<void> =>
      requireSound(await readGivenReference(join(cases, name), name), name);

    test('are taken beside images', async () => {
      await sound('good.npz');
      await sound('adm.npz');
    });

    test('are refused where they are no covariance, of five images, or a single array', async () => {
      await assert.rejects(sound('not-psd.npz'), {
        name: 'DataError',
        message: /sigma of not-psd\.npz to have no negative eigenvalues/,
      });
      await assert.rejects(sound('five-images.npz'), {
        name: 'DataError',
        message:
          /8 features needs statistics of at least 9 images.*five-images\.npz.*rank 4, as that of 5 images has/,
      });
      await assert.rejects(sound('dict.npy'), {
        name: 'BadInputError',
        message: /dict\.npy to be an archive of arrays/,
      });
    });
  },
);
