/** Networks of other element types, ranks and layouts than float32 [n, C, H, W] -> [n, d]: read exactly, or
 *  refused by name. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { build } from 'esbuild';
import { InferenceSession } from 'onnxruntime-node';
import { meter } from '../../../infra/compute/evaluate/batches.ts';
import { openFeatureNetwork } from '../../../infra/compute/evaluate/feature-network.ts';
import { fromFloat16, toFloat16 } from '../../../infra/compute/evaluate/float16.ts';
import { inMemory } from '../../../infra/compute/evaluate/images.ts';
import { float16Tensor } from '../../../infra/compute/evaluate/network-values.ts';
import { createOnnxRuntime } from '../../../infra/compute/evaluate/onnx-runtime.ts';
import { prepareFeatures } from '../../../infra/compute/evaluate/prepare-features.ts';
import { frechetDistance, gaussianOf } from '../../../models/metrics/frechet.ts';
import { uniform } from '../../../models/core/random.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { elementType, onnxBytes, writeOnnx, type OnnxGraph } from '../../support/onnx-file.ts';
import { sharedData, skipWithout } from '../../support/shared-data.ts';

const folder = temporaryFolder('feature-types');
const shape = [4, 4, 3] as const;
const size = 48;
const count = 40;
const next = uniform(1, 'feature-types');
const images = Uint8Array.from({ length: count * size }, () => 256 * next());

/** The brightest value of each colour, which is a whole number: exact in every type. */
const brightest = Float64Array.from({ length: 3 * count }, (_, i) => {
  const image = images.subarray(size * Math.floor(i / 3), size * (Math.floor(i / 3) + 1));
  return image.reduce((most, value, at) => (at % 3 === i % 3 ? Math.max(most, value) : most), 0);
});

interface Types {
  readonly input?: keyof typeof elementType;
  readonly output?: keyof typeof elementType;
  readonly inputShape?: readonly (number | string)[];
  readonly outputShape?: readonly (number | string)[];
  readonly tail?: OnnxGraph['nodes'];
  readonly constants?: OnnxGraph['constants'];
}

/** features = brightest value of each colour, after `tail`, which leads from `pooled` to `raw`. */
async function network(
  name: string,
  {
    input = 'float32',
    output = 'float32',
    inputShape = ['n', 3, 4, 4],
    outputShape = ['n', 3, 1, 1],
    tail,
    constants = {},
  }: Types,
): Promise<string> {
  const path = join(folder, `${name}.onnx`);
  await writeOnnx(path, {
    nodes: [
      { op: 'Cast', inputs: ['images'], outputs: ['pixels'], attributes: { to: elementType.float32 } },
      { op: 'GlobalMaxPool', inputs: ['pixels'], outputs: ['pooled'] },
      ...(tail ?? [{ op: 'Identity', inputs: ['pooled'], outputs: ['raw'] }]),
      { op: 'Cast', inputs: ['raw'], outputs: ['features'], attributes: { to: elementType[output] } },
    ],
    constants,
    inputs: { images: inputShape },
    outputs: { features: outputShape },
    types: { images: input, features: output },
  });
  return path;
}

const quiet = (of: number) => meter('features', of, { scratch: '', threads: 1, onProgress: () => {} });
const featuresOf = async (path: string, name?: string) => {
  const runtime = createOnnxRuntime(1, ['cpu']);
  const opened = await openFeatureNetwork(path, runtime, name);
  return opened.features(inMemory(images, shape), shape, 7, quiet(count)).finally(() => runtime.release());
};
const prepare = async (path: string, given: readonly number[] = shape) => {
  const job = {
    file: path,
    name: path.split('/').at(-1)!,
    shape: given,
    samples: 100,
    trainCount: 100,
    reference: null,
  };
  return prepareFeatures(job, { scratch: folder, threads: 1, onProgress: () => {} });
};

describe('half-precision numbers', () => {
  const patterns = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits);

  test('are read from their bits as onnxruntime itself reads them, all 65,536', async () => {
    const cast = onnxBytes({
      nodes: [{ op: 'Cast', inputs: ['x'], outputs: ['y'], attributes: { to: elementType.float32 } }],
      inputs: { x: ['n'] },
      outputs: { y: ['n'] },
      types: { x: 'float16' },
    });
    const session = await InferenceSession.create(cast, { executionProviders: ['cpu'] });
    const { y } = await session.run({ x: float16Tensor(patterns, [2 ** 16]) });
    const theirs = y!.data as Float32Array;
    fromFloat16(patterns).forEach((value, bits) =>
      assert.ok(Object.is(value, theirs[bits]), `${value} and ${theirs[bits]} of bits ${bits}`),
    );
    await session.release();
  });

  test('are closed forms where they are known', () => {
    assert.deepEqual(
      [...fromFloat16(Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00, 0x3555))],
      [1, -2, 65504, 2 ** -24, Infinity, 0.333251953125],
    );
  });

  test('are taken as they are where Node has arrays of them', () => {
    assert.deepEqual(fromFloat16([1, -2, 0.333251953125]), Float32Array.of(1, -2, 0.333251953125));
  });

  test('are written only where nothing is lost', () => {
    const bytes = Float32Array.from({ length: 256 }, (_, i) => i);
    assert.deepEqual(fromFloat16(toFloat16(bytes)!), bytes);
    assert.equal(toFloat16(Float32Array.of(1, 0.1)), null);
    assert.equal(toFloat16(Float32Array.of(65536)), null);
  });
});

describe("a network's features", () => {
  for (const output of ['float32', 'float16', 'float64'] as const) {
    test(`of ${output} are the numbers that it gives`, async () => {
      const path = await network(`out-${output}`, { output });
      assert.equal((await prepare(path)).dims, 3);
      const { rows, statistics } = await featuresOf(path);
      assert.deepEqual(Float64Array.from(rows), brightest);
      assert.ok(
        Math.abs(
          statistics.mean[0]! - brightest.filter((_, i) => i % 3 === 0).reduce((a, b) => a + b) / count,
        ) < 1e-9,
      );
    });
  }

  test('of float64 keep what float32 would lose', async () => {
    const constants = { third: { shape: [], values: Float64Array.of(1 / 3) } };
    const path = await network('thirds', {
      output: 'float64',
      constants,
      tail: [
        { op: 'Cast', inputs: ['pooled'], outputs: ['wide'], attributes: { to: elementType.float64 } },
        { op: 'Mul', inputs: ['wide', 'third'], outputs: ['raw'] },
      ],
    });
    assert.deepEqual(
      (await featuresOf(path)).rows,
      brightest.map((value) => value * (1 / 3)),
    );
  });

  for (const input of ['float16', 'float64', 'uint8'] as const) {
    test(`are the same where its input is ${input}, which holds bytes exactly`, async () => {
      const path = await network(`in-${input}`, { input });
      assert.equal((await prepare(path)).dims, 3);
      assert.deepEqual(Float64Array.from((await featuresOf(path)).rows), brightest);
    });
  }

  test('of whole numbers are refused with the file, the output, what was expected and what came', async () => {
    const path = await network('labels', { output: 'int64' });
    await assert.rejects(prepare(path), {
      name: 'DataError',
      message:
        /Expected the output "features" of labels\.onnx to be float32 \[7, \.\.\.\], got int64 \[7, 3, 1, 1\]\./,
    });
  });

  test('that overflow half precision are refused with the image', async () => {
    const constants = { factor: { shape: [], values: Float32Array.of(300) } };
    const path = await network('overflow', {
      output: 'float16',
      constants,
      tail: [{ op: 'Mul', inputs: ['pooled', 'factor'], outputs: ['raw'] }],
    });
    await assert.rejects(featuresOf(path, 'wide.onnx (sha256 0123)'), {
      name: 'DataError',
      message: /finite features from wide\.onnx \(sha256 0123\), got Infinity for image \d+\./,
    });
  });

  test('may come as [n], [n, d] or [n, d, 1, 1]; maps are refused', async () => {
    const flat = await network('flat', {
      outputShape: ['n', 3],
      tail: [{ op: 'Flatten', inputs: ['pooled'], outputs: ['raw'] }],
    });
    assert.deepEqual(Float64Array.from((await featuresOf(flat)).rows), brightest);
    const one = await network('one', {
      outputShape: ['n'],
      tail: [
        { op: 'ReduceMax', inputs: ['pooled'], outputs: ['most'], attributes: { keepdims: 0 } },
        { op: 'Mul', inputs: ['pooled', 'none'], outputs: ['nothing'] },
        { op: 'ReduceSum', inputs: ['nothing', 'axes'], outputs: ['zeros'], attributes: { keepdims: 0 } },
        { op: 'Add', inputs: ['zeros', 'most'], outputs: ['raw'] },
      ],
      constants: {
        none: { shape: [], values: Float32Array.of(0) },
        axes: { shape: [3], values: BigInt64Array.of(1n, 2n, 3n) },
      },
    });
    assert.equal((await featuresOf(one)).statistics.mean.length, 1);
    const map = await network('map', {
      outputShape: ['n', 3, 4, 4],
      tail: [{ op: 'Identity', inputs: ['pixels'], outputs: ['raw'] }],
    });
    await assert.rejects(prepare(map), {
      name: 'DataError',
      message:
        /Expected the output "features" of map\.onnx to be features \[n, d\], got float32 \[n, 3, 4, 4\]\. .*pools or flattens/,
    });
  });
});

describe(
  'a network that cannot take the images is refused before it runs, with its input, what was '
    + 'expected and what it is',
  () => {
    const cases: Readonly<Record<string, readonly [Types, RegExp]>> = {
      'a batch of one': [
        { inputShape: [1, 3, 4, 4] },
        /Expected the input "images" of a batch of one\.onnx to take \[n, 3, 4, 4\], got float32 \[1, 3, 4, 4\]\. Its batch is fixed/,
      ],
      'another size': [
        { inputShape: ['n', 3, 8, 8] },
        /to take \[n, 3, 4, 4\], got float32 \[n, 3, 8, 8\]\. Give a network for images of this size/,
      ],
      'no images': [
        { inputShape: ['n', 3, 16] },
        /to take \[n, 3, 4, 4\], got float32 \[n, 3, 16\]\. Give a network of images/,
      ],
      'whole numbers': [
        { input: 'int64' },
        /Expected the input "images" of whole numbers\.onnx to take float32 \[7, 3, 4, 4\], got an input of int64/,
      ],
    };
    for (const [name, [types, message]] of Object.entries(cases)) {
      test(name, async () =>
        assert.rejects(prepare(await network(name, types)), { name: 'DataError', message }),
      );
    }

    test('channels last', async () => {
      const path = join(folder, 'last.onnx');
      await writeOnnx(path, {
        nodes: [{ op: 'ReduceMean', inputs: ['images'], outputs: ['features'] }],
        inputs: { images: ['n', 4, 4, 3] },
        outputs: { features: ['n', 3] },
      });
      await assert.rejects(prepare(path), {
        name: 'DataError',
        message:
          /"images" of last\.onnx to take \[n, 3, 4, 4\], got float32 \[n, 4, 4, 3\]\. It takes the channels last/,
      });
    });

    test('a second input', async () => {
      const path = join(folder, 'two.onnx');
      await writeOnnx(path, {
        nodes: [{ op: 'Mul', inputs: ['images', 'training'], outputs: ['features'] }],
        inputs: { images: ['n', 3, 4, 4], training: [] },
        outputs: { features: ['n', 3, 4, 4] },
      });
      await assert.rejects(prepare(path), {
        name: 'DataError',
        message: /Expected two\.onnx to have one input, images, got 2: images, training\./,
      });
    });
  },
);

test(
  'keys of what is made of features hold the code that reads them: what an earlier version read '
    + 'wrongly is not found again',
  async () => {
    for (const job of ['prepare-features', 'feature-statistics', 'evaluate-images']) {
      const entry = `infra/compute/evaluate/${job}.ts`;
      const { metafile } = await build({
        entryPoints: [entry],
        bundle: true,
        packages: 'external',
        format: 'esm',
        platform: 'node',
        write: false,
        metafile: true,
      });
      for (const read of ['network-values', 'float16', 'feature-network'])
        assert.ok(metafile.inputs[`infra/compute/evaluate/${read}.ts`], `${read} in ${job}`);
    }
  },
);

const cases = sharedData('..', 'cases', 'networks');
const caseFile = (name: string): string => join(cases, `${name}.onnx`);

describe('networks as they are met in public', { skip: skipWithout(cases) }, () => {
  test('of float16 and float32 find the same distance', async () => {
    const grey = [32, 32, 1] as const;
    const noise = (top: number): Uint8Array => {
      const random = uniform(top, 'grey');
      return Uint8Array.from({ length: 60 * 1024 }, () => top * random());
    };
    const distances = await Promise.all(
      ['net16', 'net32'].map(async (name) => {
        const opened = await openFeatureNetwork(caseFile(name), createOnnxRuntime(1));
        const of = async (top: number) =>
          gaussianOf(
            (await opened.features(inMemory(noise(top), grey), grey, 16, quiet(60))).statistics,
            name,
          );
        return frechetDistance(await of(256), await of(200));
      }),
    );
    assert.ok(Math.abs(distances[0]! / distances[1]! - 1) < 0.01, `${distances}: half precision has 11 bits`);
    assert.ok(distances[1]! > 1);
  });

  test('with a batch of one, or channels last, are refused with name, input, expected and got', async () => {
    for (const [name, got] of [
      ['batch1', /batch1\.onnx to take \[n, 3, 32, 32\], got float32 \[1, 3, 32, 32\]/],
      ['nhwc', /nhwc\.onnx to take \[n, 3, 32, 32\], got float32 \[n, 32, 32, 3\]/],
    ] as const) {
      await assert.rejects(prepare(caseFile(name), [32, 32, 3]), { name: 'DataError', message: got });
    }
  });

  test('in training mode are refused, others not', async () => {
    await assert.rejects(prepare(caseFile('bn-train'), [32, 32, 3]), {
      name: 'DataError',
      message: /Expected bn-train\.onnx to give an image the same features .*batch/,
    });
    assert.equal((await prepare(caseFile('good'), [32, 32, 3])).dims, 8);
  });
});
