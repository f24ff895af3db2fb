/** The laws of a bijection: one battery, run over every bijection and over whole Glow. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Bijection } from '../../models/flow/bijection.ts';
import { fitOf } from '../../models/flow/chain.ts';
import { rows64, type Matrix64 } from '../../models/flow/matrix64.ts';
import { tf, type Tensor } from '../../models/core/tensors.ts';
import { assertBelow } from './assert-below.ts';
import { distance, initialParams, noisyParams, normalTensor, toArrays, toTensors } from './weights.ts';

export interface Case {
  readonly name: string;
  readonly make: () => Bijection;
  /** Shape of one datum. */
  readonly shape: readonly number[];
  /** Deviation of the parameters from their start: zero-initialised layers would hide faults. */
  readonly noise?: number;
  /** Largest error of a float32 round trip of standard normal data, relative to the largest value on the
   *  way. */
  readonly roundTrip?: number;
}

const batch = 5;

export function bijectionLaws({ name, make, shape, noise = 0.1, roundTrip = 2e-5 }: Case): void {
  const law = (sentence: string, check: (f: Bijection, x: Tensor) => void): void => {
    test(sentence, () => tf.tidy(() => check(make(), normalTensor([batch, ...shape], `${name} data`))));
  };
  const paramsOf = (f: Bijection) => noisyParams(f.params, noise);

  describe(name, () => {
    law(`toData undoes toLatent to ${roundTrip}, and the other way round`, (f, x) => {
      const params = paramsOf(f);
      const z = f.toLatent(params, x).y;
      assert.ok(
        distance(tf.reshape(z, [-1]), tf.reshape(x, [-1])) > 1e-3 || f.params.length === 0,
        'the map is the identity: the law says nothing',
      );
      assertBelow(distance(f.toData(params, z).y, x), roundTrip * magnitude(z));
      const latent = normalTensor(z.shape, `${name} latents`);
      const { y: data } = f.toData(params, latent);
      assertBelow(distance(f.toLatent(params, data).y, latent), roundTrip * magnitude(data));
    });

    law('a fit hands the batch on as the fitted map does, from its start and from elsewhere', (f, x) => {
      for (const params of [initialParams(f.params), paramsOf(f)]) {
        const fitted = fitOf(f, params, x);
        assert.deepEqual(fitted.y.dataSync(), f.toLatent({ ...params, ...fitted.params }, x).y.dataSync());
      }
    });

    law("the two directions' log-determinants cancel", (f, x) => {
      const params = paramsOf(f);
      const { y: z, logDet } = f.toLatent(params, x);
      assertBelow(distance(logDet, tf.neg(f.toData(params, z).logDet)), roundTrip * 10);
    });

    law('the log-determinant is that of the numeric Jacobian', (f, x) => {
      const params = paramsOf(f);
      const { logDet } = f.toLatent(params, x);
      const all = tf.add(logDet, tf.zeros([batch])).dataSync();
      const first = tf.slice(x, 0, 1);
      const numeric = logAbsDeterminant(numericJacobian((t) => f.toLatent(params, t).y, first));
      assert.ok(
        Math.abs(numeric - all[0]!) < 1e-2 * Math.max(1, Math.abs(numeric)),
        `numeric ${numeric}, claimed ${all[0]}`,
      );
    });

    law("a datum's latents and log-determinant do not depend on the rest of its batch", (f, x) => {
      const params = paramsOf(f);
      const whole = f.toLatent(params, x);
      const alone = f.toLatent(params, tf.slice(x, 2, 1));
      assertBelow(distance(tf.slice(whole.y, 2, 1), alone.y), 1e-5);
      if (whole.logDet.rank === 1) assertBelow(distance(tf.slice(whole.logDet, 2, 1), alone.logDet), 1e-4);
    });

    law('constants frozen in float64 give the data that unfrozen parameters give', (f, x) => {
      const params = paramsOf(f);
      const z = f.toLatent(params, x).y;
      const frozen = { ...params, ...toTensors(f.freeze?.(toArrays(params)) ?? {}) };
      assertBelow(distance(f.toData(frozen, z).y, f.toData(params, z).y), roundTrip * magnitude(z));
      assertBelow(distance(f.toData(frozen, z).logDet, f.toData(params, z).logDet), 1e-5);
    });
  });
}

const magnitude = (y: Tensor): number => Math.max(1, tf.max(tf.abs(y)).dataSync()[0]!);

/** d f(x) / d x of one datum by central differences, all displaced points in one batch. The step is small for
 *  the kinks of ReLU nets, and large enough for float32. */
function numericJacobian(f: (x: Tensor) => Tensor, x: Tensor, step = 5e-4): Matrix64 {
  const size = x.size;
  const moved = (sign: number): Float64Array => {
    const points = tf.add(x, tf.reshape(tf.mul(sign * step, tf.eye(size)), [size, ...x.shape.slice(1)]));
    return Float64Array.from(f(points).dataSync());
  };
  const [plus, minus] = [moved(1), moved(-1)];
  return rows64(
    plus.map((value, i) => (value - minus[i]!) / (2 * step)),
    size,
  );
}

/** log|det A| by elimination without a determinant's overflow. */
function logAbsDeterminant(a: Matrix64): number {
  const work = a.map((row) => [...row]);
  let sum = 0;
  for (let k = 0; k < work.length; k++) {
    let pivot = k;
    for (let i = k; i < work.length; i++) if (Math.abs(work[i]![k]!) > Math.abs(work[pivot]![k]!)) pivot = i;
    [work[k], work[pivot]] = [work[pivot]!, work[k]!];
    sum += Math.log(Math.abs(work[k]![k]!));
    for (let i = k + 1; i < work.length; i++) {
      const factor = work[i]![k]! / work[k]![k]!;
      for (let j = k; j < work.length; j++) work[i]![j]! -= factor * work[k]![j]!;
    }
  }
  return sum;
}
