/** The deep convolutional GAN (Radford, Metz and Chintala 2016), for images whose sides are a few doublings.
 *  Kernels are 4x4 instead of 5x5: divisible by the stride, so that no pixel is made of more terms than its
 *  neighbour. */
import { ShapeError } from '../core/errors.ts';
import { conv, dense, type Layer } from '../core/layers.ts';
import { leakyRelu, relu } from '../core/native-ops.ts';
import { below, prefixed, under, type Init, type ParamSpec, type Params } from '../core/params.ts';
import { tf, type Tensor } from '../core/tensors.ts';
import { transposedConv } from '../core/transposed-conv.ts';
import { outermostLevel } from '../training/batch.ts';
import { batchNormParams, momentsOf, normalise } from './batch-norm.ts';
import type { DcganModelConfig } from './config.ts';

/** "All weights were initialized from a zero-centered Normal distribution with standard deviation 0.02". */
const weight: Init = { kind: 'normal', std: 0.02 };
const slope = 0.2;

export interface Generator {
  readonly latent: number;
  readonly params: readonly ParamSpec[];
  /** z [B, latent] -> x [B, H, W, C] in [-1/2, 1/2]; normalised by the frozen moments where `params` has
   *  them, else by the batch's. */
  sample(params: Params, z: Tensor): Tensor;
  /** The moments of every normalised layer over `z`, to be put beside the parameters. */
  freeze(params: Params, z: Tensor): Params;
}

export interface Discriminator {
  readonly params: readonly ParamSpec[];
  /** x [B, H, W, C] -> log-odds [B] that it is data. */
  logOdds(params: Params, x: Tensor): Tensor;
}

/** Throws ShapeError if H or W is not divisible by 2^(number of convolutions). */
export function createDcgan(
  config: DcganModelConfig,
  [h, w, c]: readonly number[],
): { generator: Generator; discriminator: Discriminator } {
  const factor = 2 ** config.channels.length;
  if (h! % factor !== 0 || w! % factor !== 0) {
    throw new ShapeError(
      `Expected a height and width divisible by ${factor} for ${config.channels.length} strided `
        + `convolutions, got ${h} x ${w}. Use fewer entries in channels, or pad the images.`,
    );
  }
  const small = [h! / factor, w! / factor, config.channels.at(-1)!] as const;
  return { generator: generatorOf(config, c!, small), discriminator: discriminatorOf(config, c!, small) };
}

function generatorOf(
  { latent, channels }: DcganModelConfig,
  colours: number,
  small: readonly [number, number, number],
): Generator {
  const upwards = [...channels].reverse();
  const foot = dense(latent, small[0] * small[1] * small[2], weight);
  const project: Layer = { ...foot, apply: (params, z) => tf.reshape(foot.apply(params, z), [-1, ...small]) };
  const layers = [
    project,
    ...upwards.map((inputs, i) => transposedConv(4, inputs, upwards[i + 1] ?? colours, weight, 2)),
  ];
  const run = (params: Params, z: Tensor): { x: Tensor; moments: Params } => {
    let moments: Params = {};
    const x = layers.reduce((below_, layer, i) => {
      const above = layer.apply(under(params, `layer${i}`), below_);
      if (i === upwards.length) return tf.mul(tf.tanh(above), outermostLevel);
      const norm = under(params, `norm${i}`);
      const { mean, variance } = norm.mean ? { mean: norm.mean, variance: norm.variance! } : momentsOf(above);
      moments = { ...moments, ...below(`norm${i}`, { mean, variance }) };
      return relu(normalise(above, { mean, variance }, norm));
    }, z);
    return { x, moments };
  };
  return {
    latent,
    params: [
      ...layers.flatMap((layer, i) => prefixed(`layer${i}`, layer.params)),
      ...upwards.flatMap((width, i) => batchNormParams(`norm${i}`, width)),
    ],
    sample: (params, z) => run(params, z).x,
    freeze: (params, z) => run(params, z).moments,
  };
}

function discriminatorOf(
  { channels, normaliseDiscriminator }: DcganModelConfig,
  colours: number,
  small: readonly [number, number, number],
): Discriminator {
  const layers = channels.map((outputs, i) => conv(4, channels[i - 1] ?? colours, outputs, weight, 2));
  const width = small[0] * small[1] * small[2];
  const head = dense(width, 1, weight);
  const normalised = (i: number): boolean => normaliseDiscriminator && i > 0;
  const activation = leakyRelu(slope);
  return {
    params: [
      ...layers.flatMap((layer, i) => prefixed(`layer${i}`, layer.params)),
      ...prefixed('head', head.params),
      ...channels.flatMap((outputs, i) => (normalised(i) ? batchNormParams(`norm${i}`, outputs) : [])),
    ],
    logOdds(params, x) {
      const features = layers.reduce(
        (h, layer, i) => {
          const next = layer.apply(under(params, `layer${i}`), h);
          return activation(
            normalised(i) ? normalise(next, momentsOf(next), under(params, `norm${i}`)) : next,
          );
        },
        tf.mul(x, 2),
      ); // [-1, 1]: what the initial weights were chosen for
      return tf.squeeze(head.apply(under(params, 'head'), tf.reshape(features, [-1, width])), [1]);
    },
  };
}
