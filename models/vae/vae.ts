/** A convolutional variational autoencoder for images (Kingma and Welling 2014): strided convolutions down to
 *  the posterior of z, transposed convolutions back up to the location of every pixel. The sizes are ours:
 *  the paper has none of its VAE. */
import { ShapeError } from '../core/errors.ts';
import { conv, dense, heNormal, sequence, zeros, type Layer } from '../core/layers.ts';
import { relu } from '../core/native-ops.ts';
import { prefixed, under, type ParamSpec, type Params } from '../core/params.ts';
import { tf, type Tensor } from '../core/tensors.ts';
import { transposedConv } from '../core/transposed-conv.ts';
import type { VaeModelConfig } from './config.ts';

/** N(mean, diag exp(logVariance)), each [B, latent]. */
export interface Posterior {
  readonly mean: Tensor;
  readonly logVariance: Tensor;
}

export interface Vae {
  readonly latent: number;
  readonly params: readonly ParamSpec[];
  /** x [B, H, W, C] in [-1/2, 1/2) -> the posterior of z. */
  encode(params: Params, x: Tensor): Posterior;
  /** z [B, latent] -> where each pixel's distribution is centred [B, H, W, C], and the logarithm of its scale
   *  [C]. */
  decode(params: Params, z: Tensor): { location: Tensor; logScale: Tensor };
}

/** The scale of a pixel at the start: a tenth of the range of grey levels. */
const firstLogScale = Math.log(0.1);

/** Throws ShapeError if H or W is not divisible by 2^(number of convolutions). */
export function createVae({ latent, channels }: VaeModelConfig, [h, w, c]: readonly number[]): Vae {
  const factor = 2 ** channels.length;
  if (h! % factor !== 0 || w! % factor !== 0) {
    throw new ShapeError(
      `Expected a height and width divisible by ${factor} for ${channels.length} strided `
        + `convolutions, got ${h} x ${w}. Use fewer entries in channels, or pad the images.`,
    );
  }
  const small = [h! / factor, w! / factor, channels.at(-1)!] as const;
  const encoder = encoderOf(latent, channels, c!, small);
  const decoder = decoderOf(latent, channels, c!, small);
  return {
    latent,
    params: [
      ...prefixed('encoder', encoder.params),
      ...prefixed('decoder', decoder.params),
      {
        name: 'logScale',
        shape: [c!],
        init: { kind: 'values', values: Array<number>(c!).fill(firstLogScale) },
      },
    ],
    encode(params, x) {
      const [mean, logVariance] = tf.split(encoder.apply(under(params, 'encoder'), x), 2, 1);
      return { mean: mean!, logVariance: logVariance! };
    },
    decode: (params, z) => ({
      location: decoder.apply(under(params, 'decoder'), z),
      logScale: params.logScale!,
    }),
  };
}

/** The head starts at zero: the posterior is the prior, and KL is 0 whatever the image. */
function encoderOf(
  latent: number,
  channels: readonly number[],
  colours: number,
  small: readonly [number, number, number],
): Layer {
  const convolutions = sequence(
    channels.map((outputs, i) => {
      const inputs = channels[i - 1] ?? colours;
      return conv(4, inputs, outputs, heNormal(16 * inputs), 2);
    }),
    relu,
  );
  const width = small[0] * small[1] * small[2];
  const head = dense(width, 2 * latent, zeros);
  return {
    params: [...prefixed('convolutions', convolutions.params), ...prefixed('head', head.params)],
    apply: (params, x) =>
      head.apply(
        under(params, 'head'),
        tf.reshape(relu(convolutions.apply(under(params, 'convolutions'), x)), [-1, width]),
      ),
  };
}

/** The head starts at zero: every pixel is centred at grey. */
function decoderOf(
  latent: number,
  channels: readonly number[],
  colours: number,
  small: readonly [number, number, number],
): Layer {
  const foot = dense(latent, small[0] * small[1] * small[2], heNormal(latent));
  const upwards = [...channels].reverse();
  const convolutions = sequence(
    upwards.map((inputs, i) => {
      const outputs = upwards[i + 1] ?? colours;
      return transposedConv(4, inputs, outputs, i + 1 < upwards.length ? heNormal(4 * inputs) : zeros, 2);
    }),
    relu,
  );
  return {
    params: [...prefixed('foot', foot.params), ...prefixed('convolutions', convolutions.params)],
    apply: (params, z) =>
      convolutions.apply(
        under(params, 'convolutions'),
        relu(tf.reshape(foot.apply(under(params, 'foot'), z), [-1, ...small])),
      ),
  };
}
