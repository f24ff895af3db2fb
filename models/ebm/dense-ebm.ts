/** The fully connected EBM of the 2-D experiments: LeakyReLU after every hidden layer. */
import { dense, heNormal, sequence } from '../core/layers.ts';
import { leakyRelu } from '../core/native-ops.ts';
import type { DenseEbmConfig } from './config.ts';
import type { Ebm } from './ebm.ts';
import { energyModel } from './energy-model.ts';

/** x [B, dim] -> `hiddenLayers` of `width` -> a scalar. */
export function denseEbm({ width, hiddenLayers, leakySlope }: DenseEbmConfig, dim: number): Ebm {
  const activation = leakyRelu(leakySlope);
  const hidden = sequence(
    Array.from({ length: hiddenLayers }, (_, i) => {
      const fanIn = i === 0 ? dim : width;
      return dense(fanIn, width, heNormal(fanIn, leakySlope));
    }),
    activation,
  );
  return energyModel([dim], { ...hidden, apply: (params, x) => activation(hidden.apply(params, x)) }, width);
}
