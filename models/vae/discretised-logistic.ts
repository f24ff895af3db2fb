/** A distribution on grey levels: a logistic one, collected over each level's interval, the outermost levels
 *  taking the tails. A probability of bytes, so that its bits/dim compare with those of flows, whose
 *  dequantised density bounds the same thing; and unlike a Gaussian it puts the black ground of MNIST at the
 *  end of the scale for nothing. Source: Kingma et al. 2016 (inverse autoregressive flow), appendix; Salimans
 *  et al. 2017 (PixelCNN++). */
import { tf, type Tensor } from '../core/tensors.ts';

/** Scales are held above e^-9: a thirtieth of a grey level, where a level holds all there is to hold. */
const leastLogScale = -9;
const logSigmoid = (u: Tensor): Tensor => tf.neg(tf.softplus(tf.neg(u)));

/** log P(bytes) [B, H, W, C], nats. With level b's interval [b/256, (b+1)/256) - 1/2, its ends standardised
 *  to lower and upper: log(sigmoid(upper) - sigmoid(lower)) = log sigmoid(upper) + log sigmoid(-lower) +
 *  log(1 - exp(lower - upper)), exact, and finite however far away the location is. bytes [B, H, W, C]
 *  float32 of 0..255, location as bytes, logScale [C]. */
export function discretisedLogistic(bytes: Tensor, location: Tensor, logScale: Tensor): Tensor {
  const bounded = tf.maximum(logScale, leastLogScale);
  const precision = tf.exp(tf.neg(bounded));
  const lower = tf.mul(tf.sub(tf.sub(tf.div(bytes, 256), 0.5), location), precision);
  const width = tf.div(precision, 256); // [C]
  const notFirst = tf.cast(tf.greater(bytes, 0.5), 'float32');
  const notLast = tf.cast(tf.less(bytes, 254.5), 'float32');
  const between = tf.log(tf.neg(tf.expm1(tf.neg(width)))); // [C]
  return tf.add(
    tf.add(tf.mul(notLast, logSigmoid(tf.add(lower, width))), tf.mul(notFirst, logSigmoid(tf.neg(lower)))),
    tf.mul(tf.mul(notFirst, notLast), between),
  );
}
