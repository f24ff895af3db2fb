/** Maximum likelihood of the flow. */
import { createFlow } from '../../flow/flow.ts';
import { unflatten } from '../../core/params.ts';
import { dimOf, type DataForm } from '../../training/batch.ts';
import type { MleConfig, ModelsConfig } from '../config.ts';
import type { DensityTraining } from '../density-training.ts';
import type { Player } from '../../training/player.ts';
import { heldOutDensities } from '../../training/held-out-metrics.ts';
import { startingFlow } from '../initial-values.ts';
import { likelihoodUpdate } from '../step.ts';
import { alone, programOf } from '../../training/training.ts';

export function likelihood(
  config: MleConfig,
  models: ModelsConfig,
  data: DataForm,
  probeCount: number,
): DensityTraining {
  const flow = createFlow(models.flow, data.shape, config.recompute);
  const player: Player = { name: 'flow', specs: flow.params, optimiser: config.flow };
  const program = programOf(
    { config, data, players: [player] },
    {
      functions: likelihoodUpdate(flow, player, data, config),
      probe: heldOutDensities(probeCount, data.shape[0]!, {
        'mse.flow': (variables, x) => flow.logProb(unflatten(flow.params, variables['flow.average']!), x),
      }),
    },
  );
  return {
    config,
    data,
    flow,
    program,
    ...alone(player),
    initialValues: (start, batch) => ({ weights: { flow: startingFlow(flow, start, batch) } }),
    // The bound on |V| holds the negative log-density per dimension.
    watched: (outputs) => ({ ...outputs, value: -outputs.logProb! / dimOf(data) }),
  };
}
