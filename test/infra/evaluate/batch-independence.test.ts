/** Features that depend on what else is in a batch, on the place in it or on chance are refused when the
 *  network is prepared. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { prepareFeatures } from '../../../infra/compute/evaluate/prepare-features.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { elementType, writeOnnx, type OnnxGraph } from '../../support/onnx-file.ts';
import { sharedData, skipWithout } from '../../support/shared-data.ts';

const folder = temporaryFolder('batch-independence');
const three = (value: number) => ({ shape: [3], values: Float32Array.of(value, value, value) });
const number = (value: number) => ({ shape: [], values: Float32Array.of(value) });
const whole = (...values: number[]) => ({
  shape: [values.length],
  values: BigInt64Array.from(values, BigInt),
});

/** `nodes` lead from the means of the colours, `means` [n, 3, 1, 1], to `features`. */
async function prepare(
  name: string,
  nodes: OnnxGraph['nodes'],
  constants: OnnxGraph['constants'] = {},
  type: keyof typeof elementType = 'float32',
) {
  const file = join(folder, `${name}.onnx`);
  await writeOnnx(file, {
    nodes: [{ op: 'GlobalAveragePool', inputs: ['images'], outputs: ['means'] }, ...nodes],
    constants,
    inputs: { images: ['n', 3, 4, 4] },
    outputs: { features: ['n', 3, 1, 1] },
    types: { features: type },
  });
  return prepareOf(file, `${name}.onnx`, [4, 4, 3]);
}
const prepareOf = (file: string, name: string, shape: readonly number[]) =>
  prepareFeatures(
    { file, name, shape, samples: 100, trainCount: 100, reference: null },
    { scratch: folder, threads: 2, onProgress: () => {} },
  );
const refused = (message: RegExp) => ({ name: 'DataError', message });
const normalised = (attributes: Record<string, number>, outputs: readonly string[]): OnnxGraph['nodes'] => [
  { op: 'BatchNormalization', inputs: ['means', 'scale', 'shift', 'mean', 'variance'], outputs, attributes },
];
const statistics = { scale: three(1), shift: three(0), mean: three(128), variance: three(400) };

describe('a network is taken', () => {
  test('whose batch normalisation has fixed statistics', async () => {
    assert.equal((await prepare('fixed', normalised({}, ['features']), statistics)).dims, 3);
  });

  test('whose features are rounded to half precision', async () => {
    assert.equal(
      (
        await prepare(
          'half',
          [{ op: 'Cast', inputs: ['means'], outputs: ['features'], attributes: { to: elementType.float16 } }],
          {},
          'float16',
        )
      ).dims,
      3,
    );
  });

  test('whose features are the same for all images', async () => {
    assert.equal(
      (
        await prepare('zero', [{ op: 'Mul', inputs: ['means', 'zero'], outputs: ['features'] }], {
          zero: number(0),
        })
      ).dims,
      3,
    );
  });

  test(
    'that is deep and real',
    { skip: skipWithout(sharedData('features', 'resnet20_cifar10.onnx')) },
    async () => {
      assert.equal(
        (await prepareOf(sharedData('features', 'resnet20_cifar10.onnx'), 'resnet20.onnx', [32, 32, 3])).dims,
        64,
      );
    },
  );
});

describe('a network is refused, with the reason', () => {
  test('whose batch normalisation is in training mode', () =>
    assert.rejects(
      prepare(
        'training',
        normalised({ training_mode: 1 }, ['features', 'newMean', 'newVariance']),
        statistics,
      ),
      refused(
        /Expected training\.onnx to give an image the same features in two batches with other images beside it, got features that differ by \d.*depend on the batch.*evaluation\.batchSize/,
      ),
    ));

  test('even where what depends on the batch is a hundred-thousandth of a large constant and more', async () => {
    const centred = [
      { op: 'ReduceMean', inputs: ['means'], outputs: ['centre'], attributes: { keepdims: 1 } },
      { op: 'Sub', inputs: ['means', 'centre'], outputs: ['off'] },
    ];
    await assert.rejects(
      prepare('hidden', [...centred, { op: 'Add', inputs: ['off', 'large'], outputs: ['features'] }], {
        large: number(1e5),
      }),
      refused(/in two batches/),
    );
  });

  test('that quantises by the brightest of a batch', () =>
    assert.rejects(
      prepare('quantised', [
        { op: 'DynamicQuantizeLinear', inputs: ['means'], outputs: ['q', 'step', 'zero'] },
        { op: 'DequantizeLinear', inputs: ['q', 'step', 'zero'], outputs: ['features'] },
      ]),
      refused(/scales of its quantisation/),
    ));

  test('that is random', () =>
    assert.rejects(
      prepare('random', [
        { op: 'RandomNormalLike', inputs: ['means'], outputs: ['noise'] },
        { op: 'Add', inputs: ['means', 'noise'], outputs: ['features'] },
      ]),
      refused(/Expected random\.onnx to give an image the same features twice in the same batch.*dropout/),
    ));

  test('whose features grow with the number of images', () =>
    assert.rejects(
      prepare(
        'counted',
        [
          { op: 'Shape', inputs: ['means'], outputs: ['sizes'] },
          { op: 'Gather', inputs: ['sizes', 'first'], outputs: ['n'] },
          { op: 'Cast', inputs: ['n'], outputs: ['count'], attributes: { to: elementType.float32 } },
          { op: 'Mul', inputs: ['means', 'count'], outputs: ['features'] },
        ],
        { first: whole(0) },
      ),
      refused(/the same features alone and in a batch of 4, got features that differ by 75 %/),
    ));

  test('whose features depend on the place in the batch', () =>
    assert.rejects(
      prepare('placed', [{ op: 'CumSum', inputs: ['means', 'axis'], outputs: ['features'] }], {
        axis: { shape: [], values: BigInt64Array.of(0n) },
      }),
      refused(/at the beginning and at the end of a batch of 4/),
    ));
});
