/** W = P L (U + diag(s)), so that log|det W| = sum(log|s|). Source: Glow, section 3.2 */
import { product } from '../core/native-ops.ts';
import type { Params } from '../core/params.ts';
import { tf, type Tensor } from '../core/tensors.ts';
import { factorise64, multiply64, randomOrthogonal64, rows64, type Matrix64 } from './matrix64.ts';
import type { Mixing } from './mixing.ts';
import { invertUnitLower, maskValues } from './unit-triangular.ts';

/** L unit lower and U strictly upper triangular, log|s| trained; P and the signs of s are literals. W starts
 *  as the rotation drawn from `place`, its step's name, and not from the run's seed: P and the signs then
 *  belong to the architecture, and a checkpoint needs no untrained entries. Entries of `lower` and `upper`
 *  outside their triangles have no effect. `stored`: P and the signs are parameters too. They are read
 *  through `round` and `sign`, whose gradients are 0: they never move, and what an average of the weights
 *  rounds off has no effect. */
export function luMixing(channels: number, place: string, stored = false): Mixing {
  const { p, l, u } = factorise64(randomOrthogonal64(channels, `mixing/${place}`));
  const diagonal = u.map((row, i) => row[i]!);
  const values = (name: string, rows: Matrix64) => ({
    name,
    shape: [channels, channels],
    init: { kind: 'values', values: rows.flat() } as const,
  });
  const lowerMask = maskValues(channels, (row, column) => row > column);
  const below = () => tf.tensor2d(lowerMask, [channels, channels]);
  const permuting = Float32Array.from(p.flat());
  const signs = diagonal.map(Math.sign);
  const permutationIn = ({ permutation }: Params): Tensor =>
    stored ? tf.round(permutation!) : tf.tensor2d(permuting, [channels, channels]);
  const s = (params: Params): Tensor =>
    tf.mul(tf.exp(params.logS!), stored ? tf.sign(params.signs!) : tf.tensor1d(signs));
  const unitLower = ({ lower }: Params): Tensor => tf.add(tf.mul(lower!, below()), tf.eye(channels));
  const strictUpper = ({ upper }: Params): Tensor => tf.mul(upper!, tf.transpose(below()));
  return {
    params: [
      values(
        'lower',
        l.map((row, i) => row.map((value, j) => (j < i ? value : 0))),
      ),
      values(
        'upper',
        u.map((row, i) => row.map((value, j) => (j > i ? value : 0))),
      ),
      {
        name: 'logS',
        shape: [channels],
        init: { kind: 'values', values: diagonal.map((value) => Math.log(Math.abs(value))) },
      },
      ...(stored
        ? [
            values('permutation', p),
            { name: 'signs', shape: [channels], init: { kind: 'values', values: signs } } as const,
          ]
        : []),
    ],
    ...(!stored && {
      constants: {
        permutation: { shape: [channels, channels], dtype: 'float32', values: permuting },
        signs: { shape: [channels], dtype: 'float32', values: Float32Array.from(signs) },
      },
    }),
    matrix: (params) => {
      const upper = tf.add(strictUpper(params), tf.mul(tf.eye(channels), s(params)));
      return product(permutationIn(params), product(unitLower(params), upper));
    },
    // U + diag(s) = diag(s) V with V = I + diag(1/s) U; both triangles are inverted in one go, V transposed.
    inverse: (params) => {
      const reciprocal = tf.div(1, s(params));
      const v = tf.add(tf.mul(strictUpper(params), tf.expandDims(reciprocal, 1)), tf.eye(channels));
      const [lower, upper] = tf.unstack(invertUnitLower(tf.stack([unitLower(params), tf.transpose(v)])));
      return product(
        tf.mul(tf.transpose(upper!), reciprocal),
        product(lower!, tf.transpose(permutationIn(params))),
      );
    },
    logDet: ({ logS }) => tf.sum(logS!),
    matrix64: ({ lower, upper, logS, permutation, signs: given }) => {
      const signOf = (i: number): number => (stored ? Math.sign(given!.values[i]!) : signs[i]!);
      const unit = rows64(lower!.values, channels).map((row, i) =>
        row.map((value, j) => (j < i ? value : Number(i === j))),
      );
      const triangle = rows64(upper!.values, channels).map((row, i) =>
        row.map((value, j) => (j > i ? value : i === j ? signOf(i) * Math.exp(logS!.values[i]!) : 0)),
      );
      return multiply64(
        stored ? rows64(permutation!.values.map(Math.round), channels) : p,
        multiply64(unit, triangle),
      );
    },
  };
}
