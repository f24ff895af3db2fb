import '../../support/tensorflow.ts';
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { openSession } from '../../../infra/compute/replay-session.ts';
import { EagerSession } from '../../../models/graph/eager-session.ts';
import type { Program } from '../../../models/graph/program.ts';
import { foldIn, statelessNormal } from '../../../models/graph/random.ts';
import { tf, type Tensor } from '../../../models/tensors.ts';

/** A regression with momentum on noise drawn from (seed, step): variables, gradients, randomness and updates. */
const training: Program = {
  variables: { w: { shape: [3, 2], dtype: 'float32' }, m: { shape: [3, 2], dtype: 'float32' }, seed: { shape: [2], dtype: 'int32' } },
  functions: {
    step: {
      inputs: { step: { shape: [], dtype: 'int32' } },
      run: ({ w, m, seed }, { step }) => {
        const x = statelessNormal([16, 3], foldIn(seed!, step!));
        const loss = (v: Tensor): tf.Scalar => tf.mean(tf.square(tf.sub(tf.tanh(tf.matMul(x as tf.Tensor2D, v as tf.Tensor2D)), 0.5)));
        const { value, grad } = tf.valueAndGrad(loss as (v: Tensor) => Tensor)(w!);
        const momentum = tf.add(tf.mul(m!, 0.9), grad);
        return { outputs: { loss: value }, updates: { w: tf.sub(w!, tf.mul(momentum, 0.1)), m: momentum } };
      },
    },
    predict: {
      inputs: { x: { shape: [2, 3], dtype: 'float32' } },
      run: ({ w }, { x }) => ({ outputs: { y: tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D) } }),
    },
  },
};
const start = {
  w: Float32Array.of(0.1, -0.2, 0.3, 0.4, -0.5, 0.6), m: new Float32Array(6), seed: Int32Array.of(7, -9),
};

describe('a replay session', () => {
  test('agrees with the eager one', () => {
    const [eager, replay] = [new EagerSession(training), openSession(training)];
    eager.assign(start);
    replay.assign(start);
    for (let step = 0; step < 5; step += 1) {
      const [a, b] = [eager.run('step', { step }), replay.run('step', { step })];
      assert.ok(Math.abs(a.loss![0]! - b.loss![0]!) < 1e-6, `${a.loss} ${b.loss}`);
    }
    const [a, b] = [eager.read(['w']).w!, replay.read(['w']).w!];
    a.forEach((value, i) => assert.ok(Math.abs(value - b[i]!) < 1e-6));
    eager.dispose();
    replay.dispose();
  });
});
