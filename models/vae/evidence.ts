/** The evidence lower bound of a variational autoencoder.
 *  log p(x) >= E_q(z|x)[ log p(x|z) ] - KL(q(z|x) || N(0, I)), z = mean + exp(logVariance / 2) noise.
 *  Source: Kingma and Welling 2014, equations 3 and 10 */
import { centred } from '../training/batch.ts';
import type { Params } from '../core/params.ts';
import { tf, type Tensor } from '../core/tensors.ts';
import { discretisedLogistic } from './discretised-logistic.ts';
import type { Posterior, Vae } from './vae.ts';

/** Each [B], nats: log p(x|z) at the drawn z, the divergence, and their difference. */
export interface Evidence {
  readonly reconstruction: Tensor;
  readonly divergence: Tensor;
  readonly bound: Tensor;
}

/** bytes [B, H, W, C] float32 of 0..255, noise [B, latent] standard normal. */
export function evidence(vae: Vae, params: Params, bytes: Tensor, noise: Tensor): Evidence {
  const posterior = vae.encode(params, centred(bytes));
  const { location, logScale } = vae.decode(params, drawn(posterior, noise));
  const reconstruction = tf.sum(discretisedLogistic(bytes, location, logScale), [1, 2, 3]);
  const divergence = divergenceFromPrior(posterior);
  return { reconstruction, divergence, bound: tf.sub(reconstruction, divergence) };
}

/** KL(N(mean, diag variance) || N(0, I)) [B], nats: 1/2 sum(variance + mean^2 - 1 - log variance). */
export const divergenceFromPrior = ({ mean, logVariance }: Posterior): Tensor =>
  tf.mul(0.5, tf.sum(tf.sub(tf.add(tf.exp(logVariance), tf.square(mean)), tf.add(logVariance, 1)), 1));

/** mean + exp(logVariance / 2) noise, each [B, latent]: N(0, I) noise made the posterior's. */
export const drawn = ({ mean, logVariance }: Posterior, noise: Tensor): Tensor =>
  tf.add(mean, tf.mul(tf.exp(tf.div(logVariance, 2)), noise));
