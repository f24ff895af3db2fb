import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fidInception } from '../../../models/inception/fid-inception.ts';
import { foldBatchNorm, type Weight } from '../../../models/inception/fold-batch-norm.ts';

const weight = (shape: number[], values: number[]): Weight => ({
  shape,
  values: () => Float64Array.from(values),
});
const layer = (kernel: Weight, [gamma, beta, mean, variance]: readonly number[][]): Map<string, Weight> =>
  new Map([
    ['a.conv.weight', kernel],
    ['a.bn.weight', weight([gamma!.length], gamma!)],
    ['a.bn.bias', weight([beta!.length], beta!)],
    ['a.bn.running_mean', weight([mean!.length], mean!)],
    ['a.bn.running_var', weight([variance!.length], variance!)],
  ]);

describe('batch normalisation folded into the convolution before it', () => {
  test('gives for every input what the two give one after the other, with epsilon 0.001', () => {
    const { kernel, bias } = foldBatchNorm(
      layer(weight([2, 1, 1, 2], [1, 2, -3, 4]), [
        [2, 3],
        [0.5, -1],
        [1, -2],
        [3.999, 0],
      ]),
      'a',
    );
    const x = [0.7, -1.3];
    const [first, second] = [0, 1].map((c) => kernel[2 * c]! * x[0]! + kernel[2 * c + 1]! * x[1]! + bias[c]!);
    assert.ok(Math.abs(first! - ((2 * (1 * 0.7 + 2 * -1.3 - 1)) / 2 + 0.5)) < 1e-6, `${first}`);
    assert.ok(
      Math.abs(second! - ((3 * (-3 * 0.7 + 4 * -1.3 + 2)) / Math.sqrt(0.001) - 1)) < 1e-4,
      `${second}`,
    );
  });

  test('refuses parts of another size, and values that are not finite', () => {
    const kernel = weight([1, 1, 1, 1], [1]);
    assert.throws(() => foldBatchNorm(layer(kernel, [[1, 1], [0], [0], [1]]), 'a'), {
      name: 'ShapeError',
      message: /a\.bn\.weight to have 1 values, got 2/,
    });
    assert.throws(() => foldBatchNorm(layer(kernel, [[NaN], [0], [0], [1]]), 'a'), {
      name: 'DataError',
      message: /finite weights of a/,
    });
    assert.throws(() => foldBatchNorm(layer(kernel, [[1], [0], [0], [-1]]), 'a'), { name: 'DataError' });
  });
});

describe('the FID Inception network', () => {
  test('refuses weights of another network, and says which weight it looked for', () => {
    const origin = { metadata: {}, version: '' };
    assert.throws(() => fidInception(new Map(), origin), {
      name: 'ShapeError',
      message: /Expected a weight Conv2d_1a_3x3\.conv\.weight, got 0 others/,
    });
    const grey = new Map(
      [...layer(weight([1, 1, 3, 3], Array<number>(9).fill(0)), [[1], [0], [0], [1]])].map(
        ([name, value]) => [name.replace('a.', 'Conv2d_1a_3x3.'), value] as const,
      ),
    );
    assert.throws(() => fidInception(grey, origin), {
      message: /kernel of \[channels, 3, 3, 3\], got \[1, 1, 3, 3\]/,
    });
  });
});
