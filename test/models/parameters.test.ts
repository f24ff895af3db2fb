import '../support/tensorflow.ts';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { initialValues } from '../../models/core/initial-values.ts';
import { whileRecording } from '../../models/core/tensorflow-backend.ts';
import { biasAdd, leakyRelu, product, relu } from '../../models/core/native-ops.ts';
import { below, under, type ParamSpec } from '../../models/core/params.ts';
import { tf, type Tensor } from '../../models/core/tensors.ts';
import { assertBelow } from '../support/assert-below.ts';
import { distance, normalTensor } from '../support/weights.ts';

const a: ParamSpec = { name: 'a', shape: [200, 50], init: { kind: 'normal', std: 0.5 } };
const b: ParamSpec = { name: 'b', shape: [3], init: { kind: 'values', values: [1, 2, 3] } };
const c: ParamSpec = { name: 'c', shape: [2], init: { kind: 'zeros' } };
const d: ParamSpec = { name: 'd', shape: [1], init: { kind: 'values', values: (random) => [random()] } };

describe('initial values', () => {
  test('have the kind each parameter asks for, in the order of the list', () => {
    const theta = initialValues([c, b, a], 1, 's');
    assert.deepEqual([...theta.slice(0, 5)], [0, 0, 1, 2, 3]);
    const normals = theta.slice(5);
    const mean = normals.reduce((sum, v) => sum + v, 0) / normals.length;
    const deviation = Math.sqrt(normals.reduce((sum, v) => sum + (v - mean) ** 2, 0) / normals.length);
    assertBelow(Math.abs(mean), 0.02);
    assertBelow(Math.abs(deviation - 0.5), 0.02);
  });
  test('of one parameter depend on seed, stream and name, not on the other parameters', () => {
    const alone = initialValues([a], 1, 's');
    assert.deepEqual(initialValues([d, a], 1, 's').slice(1), alone);
    assert.notDeepEqual(initialValues([a], 2, 's'), alone);
    assert.notDeepEqual(initialValues([a], 1, 't'), alone);
    assert.notDeepEqual(initialValues([{ ...a, name: 'e' }], 1, 's'), alone);
  });
  test('of the wrong number are an error', () => {
    assert.throws(() => initialValues([{ ...b, shape: [2] }], 1, 's'), {
      name: 'ConfigError',
      message: 'Expected 2 initial values for b, got 3.',
    });
  });
});

test('under undoes below, and leaves other names out', () => {
  assert.deepEqual(under({ ...below('x', { a: 1, 'b/c': 2 }), 'xy/a': 3 }, 'x'), { a: 1, 'b/c': 2 });
});

describe('native ops agree with those tfjs composes, in value and gradient:', () => {
  const x = normalTensor([6, 4], 'x');
  const w = normalTensor([4, 5], 'w');
  const bias = normalTensor([4], 'bias');
  const image = normalTensor([2, 3, 3, 4], 'image');
  const t2 = (t: Tensor): tf.Tensor2D => t as tf.Tensor2D;
  type Op = (...inputs: Tensor[]) => Tensor;
  const cases: Record<string, [Op, Op, Tensor[]]> = {
    product: [product as Op, (p, q) => tf.matMul(t2(p!), t2(q!)), [x, w]],
    'biasAdd of vectors': [biasAdd as Op, (p, q) => tf.add(p!, q!), [x, bias]],
    'biasAdd of images': [biasAdd as Op, (p, q) => tf.add(p!, q!), [image, bias]],
    relu: [relu as Op, (p) => tf.relu(p!), [x]],
    leakyRelu: [leakyRelu(0.3) as Op, (p) => tf.leakyRelu(p!, 0.3), [x]],
  };
  for (const [name, [native, composed, inputs]] of Object.entries(cases)) {
    test(name, () => {
      assertBelow(
        distance(
          whileRecording(() => native(...inputs)),
          composed(...inputs),
        ),
        1e-6,
      );
      const slopes = (op: Op): Tensor[] => tf.grads((...values) => tf.sum(tf.sin(op(...values))))(inputs);
      const reference = slopes(composed);
      whileRecording(() => slopes(native)).forEach((slope, i) =>
        assertBelow(distance(slope, reference[i]!), 1e-5),
      );
    });
  }
});
