/** Squeeze: space into channels, 2x2 positions at a time. Source: Real NVP, section 3.6 */
import { ShapeError } from '../core/errors.ts';
import { tf } from '../core/tensors.ts';
import type { Bijection } from './bijection.ts';

/** x [B, H, W, C] <-> z [B, H/2, W/2, 4C], logDet = 0. Throws ShapeError if H or W is odd. */
export function squeeze([h, w, c]: readonly [number, number, number]): Bijection {
  if (h % 2 !== 0 || w % 2 !== 0) {
    throw new ShapeError(
      `Expected an even height and width to squeeze, got ${h} x ${w}. Pad or resize the images.`,
    );
  }
  return {
    params: [],
    toLatent: (_, x) => ({
      y: tf.reshape(tf.transpose(tf.reshape(x, [-1, h / 2, 2, w / 2, 2, c]), [0, 1, 3, 2, 4, 5]), [
        -1,
        h / 2,
        w / 2,
        4 * c,
      ]),
      logDet: tf.scalar(0),
    }),
    toData: (_, z) => ({
      y: tf.reshape(tf.transpose(tf.reshape(z, [-1, h / 2, w / 2, 2, 2, c]), [0, 1, 3, 2, 4, 5]), [
        -1,
        h,
        w,
        c,
      ]),
      logDet: tf.scalar(0),
    }),
  };
}
