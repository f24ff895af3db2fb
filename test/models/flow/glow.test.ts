import '../../support/tensorflow.ts';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { actNorm } from '../../../models/flow/act-norm.ts';
import { affineCoupling } from '../../../models/flow/affine-coupling.ts';
import { logScaleOf } from '../../../models/flow/bounded-scale.ts';
import type { Flow } from '../../../models/flow/bijection.ts';
import { chain } from '../../../models/flow/chain.ts';
import { flowSchema } from '../../../models/flow/config.ts';
import { vectorNet } from '../../../models/flow/coupling-net.ts';
import { createFlow } from '../../../models/flow/flow.ts';
import { split } from '../../../models/flow/split.ts';
import { squeeze } from '../../../models/flow/squeeze.ts';
import { flattenImage } from '../../../models/flow/flatten-image.ts';
import { layoutSize, unflatten, under, type Params } from '../../../models/core/params.ts';
import { initialValues } from '../../../models/core/initial-values.ts';
import { tf, type Tensor } from '../../../models/core/tensors.ts';
import { assertBelow } from '../../support/assert-below.ts';
import { distance, initialParams, noisyParams, normalTensor } from '../../support/weights.ts';

const tiny = { kind: 'vector', couplings: 2, width: 8, hiddenLayers: 1 };
const tinyImage = { kind: 'image', levels: 2, depth: 1, width: 8 };
const vector = (more: object = {}): Flow => createFlow(flowSchema.parse({ ...tiny, ...more }), [2]);
const image = (more: object = {}): Flow => createFlow(flowSchema.parse({ ...tinyImage, ...more }), [4, 4, 3]);
const points = (): Tensor =>
  tf.add(tf.mul(normalTensor([400, 2], 'points'), tf.tensor1d([3, 0.5])), tf.tensor1d([10, -2]));
const images = (): Tensor =>
  tf.add(tf.mul(normalTensor([64, 4, 4, 3], 'images'), tf.tensor1d([0.1, 0.2, 0.4])), 0.3);
const fitted = (flow: Flow, x: Tensor): Params => {
  const params = initialParams(flow.params);
  return { ...params, ...flow.fit!(params, x).params };
};
const moments = (h: Tensor): { mean: number; deviation: number } => {
  const { mean, variance } = tf.moments(
    h,
    h.shape.slice(0, -1).map((_, axis) => axis),
  );
  return {
    mean: tf.max(tf.abs(mean)).dataSync()[0]!,
    deviation: tf.max(tf.abs(tf.sub(variance, 1))).dataSync()[0]!,
  };
};

describe('the law at initialisation', () => {
  test('actnorm fitted to a batch gives every channel mean 0 and variance 1', () => {
    for (const x of [points(), images()]) {
      const norm = actNorm(x.shape.at(-1)!);
      const { mean, deviation } = moments(norm.toLatent(norm.fit!({}, x).params, x).y);
      assert.ok(mean < 1e-4 && deviation < 1e-3, `${mean} ${deviation}`);
    }
  });
  test('each actnorm of a chain is fitted to what the parts before it leave', () => {
    const coupling = affineCoupling(2, vectorNet(1, 2, 8, 1), { kind: 'tanh', bound: 2 });
    const both = chain({ first: actNorm(2), coupling, second: actNorm(2) });
    const params = noisyParams(both.params, 0.5);
    const { mean, deviation } = moments(
      both.toLatent({ ...params, ...both.fit!(params, points()).params }, points()).y,
    );
    assert.ok(mean < 1e-4 && deviation < 1e-3, `${mean} ${deviation}`);
  });
  test('a fit replaces the actnorms of every level, and nothing else', () => {
    const flow = image();
    const expected = flow.params.map(({ name }) => name).filter((name) => name.includes('/actNorm/'));
    assert.deepEqual(
      Object.keys(flow.fit!(initialParams(flow.params), images()).params).sort(),
      expected.sort(),
    );
    assert.ok(
      expected.some((name) => name.startsWith('split/deeper/')),
      'no actnorm below the split',
    );
  });
  test('a coupling is the identity with tanh and a constant factor sigmoid(2) with sigmoid', () => {
    const x = points();
    const start = (scale: Parameters<typeof affineCoupling>[2]): Tensor => {
      const coupling = affineCoupling(2, vectorNet(1, 2, 8, 1), scale);
      return coupling.toLatent(initialParams(coupling.params), x).y;
    };
    assert.equal(distance(start({ kind: 'tanh', bound: 2 }), x), 0);
    assertBelow(
      distance(start({ kind: 'sigmoid' }), tf.mul(x, tf.tensor1d([1, 1 / (1 + Math.exp(-2))]))),
      1e-5,
    );
  });
});

describe('the density', () => {
  /** Sum over columns of log N(x; mean, variance of the column). */
  const independentGaussians = (x: Tensor): Tensor => {
    const { mean, variance } = tf.moments(x, 0);
    const perColumn = tf.add(
      tf.div(tf.square(tf.sub(x, mean)), variance),
      tf.add(tf.log(variance), Math.log(2 * Math.PI)),
    );
    return tf.mul(-0.5, tf.sum(perColumn, 1));
  };
  test("of a fitted vector Glow before training is that of independent Gaussians with the data's moments", () => {
    for (const mixing of ['lu', 'orthogonal']) {
      const flow = vector({ couplings: 1, mixing });
      assertBelow(
        distance(flow.logProb(fitted(flow, points()), points()), independentGaussians(points())),
        1e-4,
      );
    }
  });
  test(
    'of a fitted image Glow before training is that of independent Gaussians with the moments of '
      + 'squeezed channels',
    () => {
      const flow = image({ levels: 1 });
      const channels = squeeze([4, 4, 3]).toLatent({}, images()).y;
      const pooled = tf.reshape(independentGaussians(tf.reshape(channels, [-1, 12])), [64, 4]);
      assertBelow(distance(flow.logProb(fitted(flow, images()), images()), tf.sum(pooled, 1)), 1e-3);
    },
  );
  test('of a sample agrees with logProb of that sample', () => {
    for (const flow of [
      vector(),
      image(),
      vector({ scale: { kind: 'sigmoid' } }),
      image({ mixing: 'orthogonal' }),
    ]) {
      const params = noisyParams(flow.params, 0.1);
      const { x, logProb } = flow.sample(params, normalTensor([6, flow.dim], 'z'));
      assert.deepEqual([x.shape, logProb.shape], [[6, ...flow.dataShape], [6]]);
      assertBelow(distance(flow.logProb(params, x), logProb), 1e-3);
    }
  });
  test('integrates to 1 over the plane', () => {
    const flow = vector();
    const side = Array.from({ length: 201 }, (_, i) => -10 + i / 10);
    const grid = tf.tensor2d(side.flatMap((a) => side.map((b) => [a, b])));
    const mass = tf.sum(tf.exp(flow.logProb(noisyParams(flow.params, 0.1), grid))).dataSync()[0]! / 100;
    assert.ok(Math.abs(mass - 1) < 1e-2, `${mass}`);
  });
});

describe('gradients', () => {
  const cases: Record<string, [Flow, (flow: Flow, params: Params) => Tensor]> = {
    'log q(x) of vectors': [
      vector(),
      (flow, params) => tf.mean(flow.logProb(params, normalTensor([8, 2], 'x'))),
    ],
    'log q(x) of vectors, orthogonal': [
      vector({ mixing: 'orthogonal' }),
      (flow, params) => tf.mean(flow.logProb(params, normalTensor([8, 2], 'x'))),
    ],
    'log q(x) of images': [
      image(),
      (flow, params) => tf.mean(flow.logProb(params, normalTensor([4, 4, 4, 3], 'x'))),
    ],
    'log q(g(z)) of vectors': [
      vector(),
      (flow, params) => tf.mean(flow.sample(params, normalTensor([8, 2], 'z')).logProb),
    ],
    'g(z) of images': [
      image(),
      (flow, params) => tf.mean(tf.square(flow.sample(params, normalTensor([4, 48], 'z')).x)),
    ],
    'g(z) of images, orthogonal, sigmoid': [
      image({ mixing: 'orthogonal', scale: { kind: 'sigmoid' } }),
      (flow, params) => tf.mean(tf.square(flow.sample(params, normalTensor([4, 48], 'z')).x)),
    ],
  };
  for (const [name, [flow, scalar]] of Object.entries(cases)) {
    test(`of ${name} are those of finite differences along random directions, to 2 %`, () =>
      tf.tidy(() => {
        const theta = tf.tensor1d(
          initialValues(flow.params, 1, 'test').map((value, i) => value + 0.1 * Math.sin(i)),
        );
        const f = (t: Tensor): Tensor => scalar(flow, unflatten(flow.params, t));
        const gradient = tf.grad(f)(theta);
        for (const direction of [1, 2, 3].map((i) => normalTensor([theta.size], `direction ${i}`))) {
          const unit = tf.div(direction, tf.norm(direction));
          const along = (h: number): number => f(tf.add(theta, tf.mul(h, unit))).dataSync()[0]!;
          const numeric = (along(5e-3) - along(-5e-3)) / 1e-2;
          const claimed = tf.sum(tf.mul(gradient, unit)).dataSync()[0]!;
          const size = tf.norm(gradient).dataSync()[0]! / Math.sqrt(theta.size);
          assert.ok(
            Math.abs(numeric - claimed) < 0.02 * Math.max(Math.abs(claimed), size),
            `numeric ${numeric}, claimed ${claimed}`,
          );
        }
      }));
  }
});

describe('every option of a flow changes it', () => {
  const fingerprint = (flow: Flow): string => {
    const x = normalTensor([3, ...flow.dataShape], 'x');
    const params = noisyParams(flow.params, 0.3);
    return `${layoutSize(flow.params)} ${flow.logProb(params, x).dataSync().join()}`;
  };
  const options: [string, (more: object) => Flow, object][] = [
    ['couplings', vector, { couplings: 3 }],
    ['width', vector, { width: 9 }],
    ['hiddenLayers', vector, { hiddenLayers: 2 }],
    ['mixing', vector, { mixing: 'orthogonal' }],
    ['scale.kind', vector, { scale: { kind: 'sigmoid' } }],
    ['scale.bound', vector, { scale: { kind: 'tanh', bound: 0.5 } }],
    ['levels', image, { levels: 1 }],
    ['depth', image, { depth: 2 }],
    ['width', image, { width: 9 }],
    ['mixing', image, { mixing: 'orthogonal' }],
    ['scale.kind', image, { scale: { kind: 'sigmoid' } }],
    ['scale.bound', image, { scale: { kind: 'tanh', bound: 0.5 } }],
  ];
  for (const [name, make, change] of options) {
    test(`${make === vector ? 'vector' : 'image'} ${name}`, () =>
      assert.notEqual(fingerprint(make(change)), fingerprint(make({}))));
  }
});

test('the tanh scale keeps |log s| at most its bound whatever the net says', () => {
  const h = tf.tensor1d([-1e6, -3, 0, 3, 1e6]);
  const log = logScaleOf(h, { kind: 'tanh', bound: 1.5 }).dataSync();
  assert.ok(log.every((value) => Math.abs(value) <= 1.5) && log[2] === 0 && log[4] === 1.5, log.join());
});

test('squeeze puts each 2x2 block of positions into the channels of one', () => {
  const x = tf.tensor4d([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], [1, 4, 4, 1]);
  const { y } = squeeze([4, 4, 1]).toLatent({}, x);
  assert.deepEqual([...y.dataSync()], [0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15]);
});

test('a split standardises what leaves by the prior that the rest predicts', () => {
  const part = split([2, 2, 2], flattenImage([2, 2, 1]));
  const prior = under(initialParams(part.params), 'prior');
  const params = {
    'prior/weight': prior.weight!,
    'prior/bias': tf.tensor1d([0.5, 3 * Math.atanh(Math.log(2) / 3)]),
  };
  const x = normalTensor([1, 2, 2, 2], 'x');
  const [kept, left] = tf.split(x, 2, -1) as [Tensor, Tensor];
  const { y, logDet } = part.toLatent(params, x);
  assertBelow(
    distance(y, tf.concat([tf.reshape(kept, [1, 4]), tf.reshape(tf.div(tf.sub(left, 0.5), 2), [1, 4])], 1)),
    1e-5,
  );
  assertBelow(Math.abs(logDet.dataSync()[0]! + 4 * Math.log(2)), 1e-5);
});

describe('errors name the rule, the value and the remedy', () => {
  const shapeErrors: [string, () => unknown, RegExp][] = [
    [
      'a coupling on odd channels',
      () => affineCoupling(3, vectorNet(1, 3, 4, 1), { kind: 'sigmoid' }),
      /even number of channels to split, got 3\. Squeeze/,
    ],
    [
      'a split of odd channels',
      () => split([2, 2, 3], flattenImage([2, 2, 1])),
      /even number of channels to split, got 3\. Squeeze/,
    ],
    ['a squeeze of odd sides', () => squeeze([3, 4, 1]), /even height and width to squeeze, got 3 x 4\. Pad/],
    [
      'an odd dimension',
      () => createFlow(flowSchema.parse(tiny), [3]),
      /even number of dimensions .* got 3\./,
    ],
    [
      'images too small for the levels',
      () => createFlow(flowSchema.parse({ ...tinyImage, levels: 3 }), [12, 8, 3]),
      /divisible by 2\^levels = 8, got 12 x 8\. Use fewer levels/,
    ],
    [
      'a vector Glow for images',
      () => createFlow(flowSchema.parse(tiny), [4, 4, 3]),
      /\[dim\] for the vector Glow, got \[4,4,3\]\. Choose/,
    ],
    [
      'an image Glow for vectors',
      () => createFlow(flowSchema.parse(tinyImage), [2]),
      /\[H, W, C\] for the image Glow, got \[2\]\. Choose/,
    ],
  ];
  for (const [name, act, message] of shapeErrors)
    test(name, () => assert.throws(act, { name: 'ShapeError', message }));

  test('data that does not vary in a channel', () => {
    const x = tf.concat([normalTensor([10, 1], 'x'), tf.ones([10, 1])], 1);
    assert.throws(() => actNorm(2).fit!({}, x), {
      name: 'DataError',
      message: /every channel to vary .* variance 0 in channel 1 of 2 .* Use a larger batch/,
    });
  });
  test('data that varies only by rounding', () => {
    assert.throws(() => actNorm(1).fit!({}, tf.fill([1000, 1], 0.1)), {
      name: 'DataError',
      message: /in channel 0 of 1/,
    });
  });
  test('data that is not finite', () => {
    assert.throws(() => actNorm(1).fit!({}, tf.tensor2d([[1], [NaN]])), {
      name: 'DataError',
      message: /variance NaN in channel 0/,
    });
  });
});
