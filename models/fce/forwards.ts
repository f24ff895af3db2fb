/** A trained flow's and a trained EBM's exported functions. */
import { below, namedParams, under, type Params } from '../core/params.ts';
import { tf, type NamedArrays, type Tensors } from '../core/tensors.ts';
import { createEbm } from '../ebm/create-ebm.ts';
import { createFlow } from '../flow/flow.ts';
import type { Forward } from '../graph/onnx.ts';
import type { ModelsConfig } from './config.ts';

/** `flow-log-prob`: x [batch, ...shape] -> log_prob [batch], nats, and z [batch, dim]. `flow-sample`: z -> x
 *  and its log_prob. `theta`: [N]. */
export function flowForwards(
  models: Pick<ModelsConfig, 'flow'>,
  shape: readonly number[],
  theta: Float32Array,
): Forward[] {
  const flow = createFlow(models.flow, shape);
  const weights = namedParams(flow.params, theta);
  return [
    {
      name: 'flow-log-prob',
      weights,
      inputs: { x: { shape: ['batch', ...shape], dtype: 'float32' } },
      run(params, { x }) {
        const { z, logProb } = flow.encode(params, x!);
        return { log_prob: logProb, z };
      },
    },
    {
      name: 'flow-sample',
      weights: { ...weights, ...flow.freeze?.(weights) },
      inputs: { z: { shape: ['batch', flow.dim], dtype: 'float32' } },
      run(params, { z }) {
        const { x, logProb } = flow.sample(params, z!);
        return { x, log_prob: logProb };
      },
    },
  ];
}

/** `ebm`: x [batch, ...shape] -> energy and log_prob [batch], nats, and features. `theta`: [N]; `reference`:
 *  weights [M] of the frozen flow that it is relative to, which is part of the file then; null where it is
 *  not. */
export function ebmForward(
  models: ModelsConfig,
  shape: readonly number[],
  theta: Float32Array,
  reference: Float32Array | null,
): Forward {
  const ebm = createEbm(models.ebm, shape);
  const flow = reference && createFlow(models.flow, shape);
  const frozen: NamedArrays = flow ? below('reference', namedParams(flow.params, reference)) : {};
  const run = (params: Params, { x }: Tensors): Tensors => {
    const logProb = ebm.logProb(params, x!);
    const offset = flow ? flow.logProb(under(params, 'reference'), x!) : tf.scalar(0);
    return {
      energy: tf.sub(ebm.energy(params, x!), offset),
      log_prob: tf.add(logProb, offset),
      features: ebm.features(params, x!),
    };
  };
  const weights = { ...namedParams(ebm.params, theta), ...frozen };
  return { name: 'ebm', weights, inputs: { x: { shape: ['batch', ...shape], dtype: 'float32' } }, run };
}
