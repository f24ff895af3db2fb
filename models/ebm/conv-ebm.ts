/** The convolutional EBM of the image experiments: strided 4x4 convolutions, LeakyReLU, no batch
 *  normalisation (with it a datum's energy would depend on the rest of its batch). Kernel, channels and slope
 *  are ours: the paper's are not confirmed. */
import { ShapeError } from '../core/errors.ts';
import { conv, heNormal, sequence } from '../core/layers.ts';
import { leakyRelu } from '../core/native-ops.ts';
import { tf, type Tensor } from '../core/tensors.ts';
import type { ConvEbmConfig } from './config.ts';
import type { Ebm } from './ebm.ts';
import { energyModel } from './energy-model.ts';

/** x [B, H, W, C] -> one convolution of stride 2 for each entry of `channels` -> all positions -> a scalar.
 *  Throws ShapeError if H or W is not divisible by 2^(number of convolutions). */
export function convEbm(
  { channels, leakySlope }: ConvEbmConfig,
  [h, w, c]: readonly [number, number, number],
): Ebm {
  const factor = 2 ** channels.length;
  if (h % factor !== 0 || w % factor !== 0) {
    throw new ShapeError(
      `Expected a height and width divisible by ${factor} for ${channels.length} strided `
        + `convolutions, got ${h} x ${w}. Use fewer entries in channels, or pad the images.`,
    );
  }
  const activation = leakyRelu(leakySlope);
  const convolutions = sequence(
    channels.map((outputs, i) => {
      const inputs = i === 0 ? c : channels[i - 1]!;
      return conv(4, inputs, outputs, heNormal(16 * inputs, leakySlope), 2);
    }),
    activation,
  );
  const width = ((h * w) / factor ** 2) * channels.at(-1)!;
  const flat = (x: Tensor): Tensor => tf.reshape(x, [-1, width]);
  return energyModel(
    [h, w, c],
    { ...convolutions, apply: (params, x) => flat(activation(convolutions.apply(params, x))) },
    width,
  );
}
