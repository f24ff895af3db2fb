import '../../support/tensorflow.ts';
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { RecordingError } from '../../../models/core/errors.ts';
import { foldIn, statelessNormal } from '../../../models/graph/random.ts';
import { record } from '../../../models/graph/record.ts';
import type { Recording } from '../../../models/graph/recording.ts';
import { isRecording, tensorflowBackend } from '../../../models/core/tensorflow-backend.ts';
import { relu } from '../../../models/core/native-ops.ts';
import { tf, type Tensor, type Tensors, type TensorSpec } from '../../../models/core/tensors.ts';

const vector: TensorSpec = { shape: [3], dtype: 'float32' };
/** Records outputs of x [3], w [3] and key [2]. */
const recorded = (run: (tensors: { x: Tensor; w: Tensor; key: Tensor }) => Tensors): Recording =>
  record(
    { w: vector },
    {
      inputs: { x: vector, key: { shape: [2], dtype: 'int32' } },
      run: ({ w }, { x, key }) => ({ outputs: run({ x: x!, w: w!, key: key! }) }),
    },
  );
const opsOf = ({ nodes }: Recording): string[] =>
  nodes.map((node) => (node.kind === 'op' ? node.op : node.kind));

describe('a recording refuses what a replay could not repeat', () => {
  const outside = tf.tensor1d([1, 2, 3]);
  const refusals: Record<string, [() => unknown, RegExp]> = {
    'a tensor from outside': [
      () => recorded(({ x }) => ({ y: tf.mul(x, outside) })),
      /as input 1 of Mul, got float32 \[3\] from outside/,
    ],
    'an output from outside': [
      () => recorded(() => ({ y: outside })),
      /as output 'y', got float32 \[3\] from outside/,
    ],
    'a read of a value': [
      () => recorded(({ x }) => ({ y: tf.mul(x, tf.sum(x).dataSync()[0]!) })),
      /to read no values/,
    ],
    'a branch on a value': [
      () => recorded(({ x, w }) => ({ y: Number(tf.sum(w).arraySync()) > 0 ? x : w })),
      /to read no values/,
    ],
    'a gather by computed indices': [
      () => recorded(({ x, key }) => ({ y: tf.gather(x, key) })),
      /to read no values/,
    ],
    'randomness of JavaScript': [
      () => recorded(() => ({ y: tf.randomNormal([3]) })),
      /got a call of Math.random/,
    ],
    'an op with hidden state': [
      () => recorded(({ x }) => ({ y: tf.multinomial(x as tf.Tensor1D, 5, 1) })),
      /without hidden state, got Multinomial/,
    ],
  };
  for (const [what, [act, message]] of Object.entries(refusals)) {
    test(`${what}, and leaves everything as it was`, () => {
      const [tensors, random] = [tf.memory().numTensors, Math.random];
      assert.throws(act, (error: Error) => error instanceof RecordingError && message.test(error.message));
      assert.equal(tf.memory().numTensors, tensors);
      assert.equal(Math.random, random);
      assert.ok(!Object.hasOwn(tensorflowBackend(), 'executeSingleOutput'));
      assert.deepEqual([...tf.add(outside, 1).dataSync()], [2, 3, 4]);
    });
  }

  test('reading later, by a promise', async () => {
    let reading: Promise<unknown> = Promise.resolve();
    recorded(({ x }) => {
      reading = x.data().catch((error: unknown) => error);
      return { y: tf.neg(x) };
    });
    assert.ok((await reading) instanceof RecordingError);
  });
});

test('a recording takes one kernel where an eager run takes what tfjs composes', () => {
  const slope = (x: Tensor): Tensor => tf.grad((v: Tensor) => tf.sum(relu(v)))(x);
  assert.equal(opsOf(recorded(({ x }) => ({ y: slope(x) }))).filter((op) => op === 'ReluGrad').length, 1);
  assert.deepEqual([...slope(tf.tensor1d([-1, 0, 2])).dataSync()], [0, 0, 1]);
  assert.ok(!isRecording());
});

describe('a recording holds each thing once', () => {
  test('literals may be read and used', () => {
    assert.deepEqual(opsOf(recorded(({ x }) => ({ y: tf.gather(x, tf.tensor1d([2, 0], 'int32')) }))), [
      'input',
      'literal',
      'literal',
      'GatherV2',
    ]);
  });

  test('casts and reshapes that do nothing are left out', () => {
    const waste = recorded(({ x }) => ({
      y: tf.neg(tf.reshape(tf.reshape(tf.cast(tf.tile(x, [1]), 'float32'), [3, 1]), [3])),
    }));
    assert.deepEqual(opsOf(waste), ['input', 'Neg']);
    const casts = recorded(({ x }) => ({ y: tf.cast(tf.cast(x, 'int32'), 'float32') }));
    assert.deepEqual(opsOf(casts), ['input', 'Cast', 'Cast']);
  });

  test('equal ops on equal inputs are one, also where the inputs are equal literals', () => {
    const twice = recorded(({ x }) => ({ y: tf.add(tf.exp(tf.mul(x, 2)), tf.exp(tf.mul(x, 2))) }));
    assert.deepEqual(opsOf(twice), ['input', 'literal', 'Mul', 'Exp', 'Add']);
    const differ = recorded(({ x }) => ({ y: tf.add(tf.sum(x, 0, true), tf.sum(x, 0, false)) }));
    assert.equal(opsOf(differ).filter((op) => op === 'Sum').length, 2);
  });

  test('literals that differ in a bit stay apart', () => {
    const zeros = recorded(({ x }) => ({ a: tf.div(x, 0), b: tf.div(x, -0) }));
    assert.equal(opsOf(zeros).filter((op) => op === 'RealDiv').length, 2);
  });

  test('draws of one key are one, draws of two keys are two', () => {
    const draws = (a: number, b: number): number =>
      opsOf(
        recorded(({ key }) => ({
          y: tf.sub(statelessNormal([3], foldIn(key, a)), statelessNormal([3], foldIn(key, b))),
        })),
      ).filter((op) => op === 'StatelessRandomNormal').length;
    assert.deepEqual([draws(1, 1), draws(1, 2)], [1, 2]);
  });

  test('what no output needs is left out', () => {
    const lazy = recorded(({ x, w }) => {
      tf.matMul(tf.reshape(w, [1, 3]), tf.reshape(x, [3, 1]));
      return { y: tf.neg(x) };
    });
    assert.deepEqual(opsOf(lazy), ['input', 'Neg']);
  });
});
