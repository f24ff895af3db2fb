/** Flow contrastive estimation: flow and EBM against each other. */
import { createEbm } from '../../ebm/create-ebm.ts';
import { createFlow } from '../../flow/flow.ts';
import { layoutSize, unflatten } from '../../core/params.ts';
import { tf, type Tensor, type Tensors } from '../../core/tensors.ts';
import type { DataForm } from '../../training/batch.ts';
import type { FceConfig, ModelsConfig } from '../config.ts';
import { heldOutDistance, withoutHeldOut } from '../held-out-distance.ts';
import { centredEbm, logProbOf, startingFlow } from '../initial-values.ts';
import { flowOpponent } from '../opponent.ts';
import type { DensityTraining } from '../density-training.ts';
import type { Player } from '../../training/player.ts';
import { heldOutDensities } from '../../training/held-out-metrics.ts';
import { logProbLimit } from '../step-limit.ts';
import { ebmUpdate, flowUpdate, type Contrast } from '../step.ts';
import { programOf } from '../../training/training.ts';
import { afterTurn, nextTurn } from '../turn.ts';

export function flowContrast(
  config: FceConfig,
  models: ModelsConfig,
  whole: DataForm,
  probeCount: number,
): DensityTraining {
  const data = withoutHeldOut(whole, config.stopping);
  const flow = createFlow(models.flow, data.shape, config.recompute);
  const ebm = createEbm(models.ebm, data.shape);
  const flowPlayer: Player = {
    name: 'flow',
    specs: flow.params,
    optimiser: config.flow,
    limit: logProbLimit(flow, data, config, config.maxLogProbShift),
  };
  const ebmPlayer: Player = { name: 'ebm', specs: ebm.params, optimiser: config.ebm };
  const reference: Contrast['reference'] =
    config.reference === 'pretrained'
      ? (variables, x) => flow.logProb(unflatten(flow.params, variables.reference!), x)
      : null;
  const contrast: Contrast = {
    data,
    batchSize: config.batchSize,
    microBatch: config.microBatch,
    shards: config.shards,
    ebm,
    ebmPlayer,
    reference,
  };
  const opponent = flowOpponent(flow);
  const heldOut = config.stopping && heldOutDistance(flow, config.stopping, data, config);
  const players = [flowPlayer, ebmPlayer];
  const program = programOf(
    { config, data, players },
    {
      functions: {
        ...ebmUpdate(contrast, opponent),
        ...flowUpdate(contrast, flow, flowPlayer, config),
        ...heldOut?.functions,
      },
      variables: {
        ...(reference !== null && { reference: { shape: [layoutSize(flow.params)], dtype: 'float32' } }),
        ...heldOut?.variables,
      },
      probe: heldOutDensities(probeCount, data.shape[0]!, {
        'mse.flow': (variables, x) => flow.logProb(unflatten(flow.params, variables['flow.average']!), x),
        'mse.ebm': (variables, x) =>
          relativeTo(
            reference,
            variables,
            x,
            ebm.logProb(unflatten(ebm.params, variables['ebm.average']!), x),
          ),
      }),
    },
  );
  return {
    config,
    data,
    flow,
    ebm,
    players,
    program,
    turn: (state, update) => (update < config.ebmWarmupUpdates ? 'ebm' : nextTurn(config.turn, state)),
    afterTurn: (state, { accuracy, value }) =>
      afterTurn(config.turn, state, { accuracy: accuracy!, value: value! }),
    watched: (outputs) => ({ ...outputs, value: outputs.value! }),
    ofThePlayer: ['logProbShift'],
    initialValues: (start, batch) => {
      const theta = startingFlow(flow, start, batch);
      if (reference === null)
        return {
          weights: { flow: theta, ebm: centredEbm(ebm, start, batch, logProbOf(opponent, { flow: theta })) },
        };
      // relative to the frozen flow, log q0 and log q are the same at the start and cancel
      return {
        weights: { flow: theta, ebm: centredEbm(ebm, start, batch, () => tf.scalar(0)) },
        variables: { reference: theta },
      };
    },
  };
}

const relativeTo = (
  reference: Contrast['reference'],
  variables: Tensors,
  x: Tensor,
  logProb: Tensor,
): Tensor => (reference === null ? logProb : tf.add(logProb, reference(variables, x)));
