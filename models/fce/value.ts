/** The value function of flow contrastive estimation (section "Flow contrastive estimation" of the paper): V
 *  = E_data[ log p/(p+q) ](x) + E_z[ log q/(p+q) ](g(z)). With u = log p - log q the two terms are log
 *  sigmoid(u(x)) and log sigmoid(-u(g(z))), which cannot overflow. */
import { tf, type Tensor } from '../core/tensors.ts';

/** log sigmoid(u) = -softplus(-u): finite and with a gradient for every finite u. */
const logSigmoid = (u: Tensor): Tensor => tf.neg(tf.softplus(tf.neg(u)));

/** u = log p - log q on data and on the flow's samples, each [B], nats. */
export interface LogRatios {
  readonly data: Tensor;
  readonly samples: Tensor;
}

/** -E_z[ log sigmoid(u(g(z))) ], a scalar, nats, >= 0: what a flow may descend in place of V. Its gradient
 *  does not vanish where the EBM is certain of the samples. Source: Goodfellow et al. 2014, section 3 */
export const nonSaturating = (u: LogRatios): Tensor => tf.neg(tf.mean(logSigmoid(u.samples)));

/** V, a scalar, nats; -log 4 where p = q. The EBM maximises it, the flow minimises it. */
export const value = (u: LogRatios): Tensor =>
  tf.add(tf.mean(logSigmoid(u.data)), tf.mean(logSigmoid(tf.neg(u.samples))));

/** Share of data and samples that the ratio tells apart rightly, in [0, 1]; a tie counts as wrong. */
export const accuracy = (u: LogRatios): Tensor =>
  tf.mul(
    0.5,
    tf.add(
      tf.mean(tf.cast(tf.greater(u.data, 0), 'float32')),
      tf.mean(tf.cast(tf.less(u.samples, 0), 'float32')),
    ),
  );
