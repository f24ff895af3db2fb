/** One step of the contrast, for either player: draw, take the gradient of V for that player's parameters only, update. */
import type { Ebm } from '../ebm/ebm.ts';
import type { Flow } from '../flow/bijection.ts';
import type { ProgramFunction } from '../graph/program.ts';
import { unflatten, type Params } from '../params.ts';
import { tf, type Tensor, type Tensors } from '../tensors.ts';
import { dimOf, drawBatch, type DataForm } from './batch.ts';
import { gradientOf, type Objective } from './gradient.ts';
import { playerSteps, type BatchSizes } from './micro-batch.ts';
import { drawLatents, type Opponent } from './opponent.ts';
import type { Player } from './player.ts';
import { accuracy, value, type LogRatios } from './value.ts';

export interface Contrast extends BatchSizes {
  readonly data: DataForm;
  readonly ebm: Ebm;
  readonly ebmPlayer: Player;
  /** log q0 [B] of the frozen flow the EBM is relative to; null in the paper's form. */
  readonly reference: ((variables: Tensors, x: Tensor) => Tensor) | null;
}

/** The EBM's step: ascends V; the opponent q stands still, so this is noise contrastive estimation with q as the noise. */
export const ebmStep = (contrast: Contrast, opponent: Opponent): Record<string, ProgramFunction> =>
  playerSteps(contrast.ebmPlayer, contrast, (variables, key, rows) => {
    const x = rows(drawBatch(contrast.data, variables.data!, contrast.batchSize, key));
    const samples = opponent.sample(variables, rows(drawLatents(contrast.batchSize, dimOf(contrast.data), key)));
    const dataOffset = tf.sub(referenceAt(contrast, variables, x), opponent.logProb(variables, x));
    const sampleOffset = tf.sub(referenceAt(contrast, variables, samples.x), samples.logProb);
    return gradientOf(contrast.ebmPlayer.specs, variables.ebm!, (params) => {
      const u = {
        data: tf.add(contrast.ebm.logProb(params, x), dataOffset),
        samples: tf.add(contrast.ebm.logProb(params, samples.x), sampleOffset),
      };
      return { loss: tf.neg(value(u)), aux: contrastMetrics(u, samples.x) };
    });
  });

/** The flow's step: descends V (plus lambda times the negative mean log-likelihood). Its gradient has three paths: through the
 *  sample g(z), through log q(g(z)), and through log q(x) on data. */
export const flowStep = (contrast: Contrast, flow: Flow, player: Player, lambda: number): Record<string, ProgramFunction> =>
  playerSteps(player, contrast, (variables, key, rows) => {
    const x = rows(drawBatch(contrast.data, variables.data!, contrast.batchSize, key));
    const z = rows(drawLatents(contrast.batchSize, flow.dim, key));
    const logP = modelLogProb(contrast, variables);
    return gradientOf(player.specs, variables.flow!, (params) => flowObjective(flow, params, logP, x, z, lambda));
  });

/** What the flow descends, as a function of its parameters: x [B, ...] data, z [B, dim] latents, `logP` the EBM's log-density. */
export function flowObjective(flow: Flow, params: Params, logP: (x: Tensor) => Tensor, x: Tensor, z: Tensor, lambda: number): Objective {
  const samples = flow.sample(params, z);
  const logQ = flow.logProb(params, x);
  const u = { data: tf.sub(logP(x), logQ), samples: tf.sub(logP(samples.x), samples.logProb) };
  const loss = lambda > 0 ? tf.sub(value(u), tf.mul(lambda, tf.mean(logQ))) : value(u);
  return { loss, aux: { ...contrastMetrics(u, samples.x), logProb: tf.mean(logQ) } };
}

/** log p(x) under the EBM as it stands. */
function modelLogProb(contrast: Contrast, variables: Tensors): (x: Tensor) => Tensor {
  const params = unflatten(contrast.ebm.params, variables.ebm!);
  return (x) => tf.add(contrast.ebm.logProb(params, x), referenceAt(contrast, variables, x));
}

const referenceAt = (contrast: Contrast, variables: Tensors, x: Tensor): Tensor =>
  contrast.reference === null ? tf.scalar(0) : contrast.reference(variables, x);

const contrastMetrics = (u: LogRatios, samples: Tensor): Tensors => ({
  value: value(u),
  accuracy: accuracy(u),
  maxSample: tf.max(tf.abs(samples)),
});

/** One step of maximum likelihood: ascends the mean log-density of a batch, per dimension. */
export const likelihoodStep = (flow: Flow, player: Player, data: DataForm, sizes: BatchSizes): Record<string, ProgramFunction> =>
  playerSteps(player, sizes, (variables, key, rows) => {
    const x = rows(drawBatch(data, variables.data!, sizes.batchSize, key));
    return gradientOf(player.specs, variables.flow!, (params) => {
      const logProb = tf.mean(flow.logProb(params, x));
      return { loss: tf.div(tf.neg(logProb), flow.dim), aux: { logProb } };
    });
  });
