/** One step of the contrast, for either player: draw, take the gradient of V for that player's parameters
 *  only, update. */
import type { Ebm } from '../ebm/ebm.ts';
import type { Flow } from '../flow/bijection.ts';
import type { ProgramFunction } from '../graph/program.ts';
import { unflatten, type Params } from '../core/params.ts';
import { tf, type Tensor, type Tensors } from '../core/tensors.ts';
import { dimOf, drawBatch, type DataForm } from '../training/batch.ts';
import type { FceConfig } from './config.ts';
import { gradientOf, type LossFunction } from '../training/gradient.ts';
import { playerSteps, type BatchSizes } from '../training/micro-batch.ts';
import { drawLatents } from '../training/batch.ts';
import type { Opponent } from './opponent.ts';
import type { Player } from '../training/player.ts';
import { accuracy, nonSaturating, value, type LogRatios } from './value.ts';

export interface Contrast extends BatchSizes {
  readonly data: DataForm;
  readonly ebm: Ebm;
  readonly ebmPlayer: Player;
  /** log q0 [B] of the frozen flow the EBM is relative to; null in the paper's form. */
  readonly reference: ((variables: Tensors, x: Tensor) => Tensor) | null;
}

/** The EBM's step: ascends V; the opponent q stands still, so this is noise contrastive estimation with q as
 *  the noise. */
export const ebmUpdate = (contrast: Contrast, opponent: Opponent): Record<string, ProgramFunction> =>
  playerSteps(contrast.ebmPlayer, contrast, contrast.data, (variables, key, rows) => {
    const x = rows(drawBatch(contrast.data, variables.data!, contrast.batchSize, key));
    const samples = opponent.sample(
      variables,
      rows(drawLatents(contrast.batchSize, dimOf(contrast.data), key)),
    );
    const logQ = opponent.logProb(variables, x);
    const dataOffset = tf.sub(referenceAt(contrast, variables, x), logQ);
    const sampleOffset = tf.sub(referenceAt(contrast, variables, samples.x), samples.logProb);
    return gradientOf(contrast.ebmPlayer.specs, variables.ebm!, (params) => {
      const u = {
        data: tf.add(contrast.ebm.logProb(params, x), dataOffset),
        samples: tf.add(contrast.ebm.logProb(params, samples.x), sampleOffset),
      };
      return {
        loss: tf.neg(value(u)),
        aux: { ...contrastMetrics(u, samples.x), ...(opponent.moves && { logProb: tf.mean(logQ) }) },
      };
    });
  });

/** The flow's step: descends V, or what stands for it, plus lambda times the negative mean log-likelihood. */
export const flowUpdate = (
  contrast: Contrast,
  flow: Flow,
  player: Player,
  goal: FlowGoal,
): Record<string, ProgramFunction> =>
  playerSteps(player, contrast, contrast.data, (variables, key, rows) => {
    const x = rows(drawBatch(contrast.data, variables.data!, contrast.batchSize, key));
    const z = rows(drawLatents(contrast.batchSize, flow.dim, key));
    const logP = modelLogProb(contrast, variables);
    const still = unflatten(flow.params, variables.flow!);
    return gradientOf(player.specs, variables.flow!, (params) =>
      flowObjective(flow, { params, still }, logP, { x, z }, goal),
    );
  });

export type FlowGoal = Pick<FceConfig, 'objective' | 'paths' | 'lambda'>;

/** What the flow descends, as a function of its parameters: x [B, ...] data, z [B, dim] latents, `logP` the
 *  EBM's log-density. The gradient of V has three paths: through the sample g(z), through log q(g(z)), and
 *  through log q(x) on data; its stand-in has the first two. With paths = `sample` the densities are those of
 *  `still`, the same parameters without a gradient: of V the same in expectation for the optimal EBM,
 *  E_data[(1 - D) d log q] = E_q[D d log q] with D = p/(p+q); of the stand-in not (as Roeder, Wu, Duvenaud
 *  2017, do for a likelihood bound). */
export function flowObjective(
  flow: Flow,
  { params, still }: { params: Params; still: Params },
  logP: (x: Tensor) => Tensor,
  { x, z }: { x: Tensor; z: Tensor },
  goal: FlowGoal,
): LossFunction {
  const drawn = flow.sample(params, z);
  const logQ = {
    data: flow.logProb(goal.paths === 'all' ? params : still, x),
    samples: goal.paths === 'all' ? drawn.logProb : flow.logProb(still, drawn.x),
  };
  const u = { data: tf.sub(logP(x), logQ.data), samples: tf.sub(logP(drawn.x), logQ.samples) };
  const contrast = goal.objective === 'value' ? value(u) : nonSaturating(u);
  const loss =
    goal.lambda > 0 ? tf.sub(contrast, tf.mul(goal.lambda, tf.mean(flow.logProb(params, x)))) : contrast;
  return { loss, aux: { ...contrastMetrics(u, drawn.x), logProb: tf.mean(logQ.data) } };
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
export const likelihoodUpdate = (
  flow: Flow,
  player: Player,
  data: DataForm,
  sizes: BatchSizes,
): Record<string, ProgramFunction> =>
  playerSteps(player, sizes, data, (variables, key, rows) => {
    const x = rows(drawBatch(data, variables.data!, sizes.batchSize, key));
    return gradientOf(player.specs, variables.flow!, (params) => {
      const logProb = tf.mean(flow.logProb(params, x));
      return { loss: tf.div(tf.neg(logProb), flow.dim), aux: { logProb } };
    });
  });
