/** Trainings that are over before their warm-up is: what follows it never comes. */
import type { ExperimentConfig, TrainingConfig } from './experiment-config.ts';

export interface EndlessWarmup {
  /** Of the setting, as `--set` names it. */
  readonly path: string;
  readonly value: number;
  /** What becomes of the training, without a capital and a full stop. */
  readonly effect: string;
}

type Section = Omit<TrainingConfig, 'updates'> & { readonly updates: number | null };

/** In the order of the configuration. A control whose updates are left to measured time is not known yet. */
export function endlessWarmups({
  baselines,
  featureNetwork,
  pretrain,
  contrast,
}: Pick<ExperimentConfig, 'baselines' | 'featureNetwork' | 'pretrain' | 'contrast'>): EndlessWarmup[] {
  const sections: [string, Section | null | undefined][] = [
    ...Object.entries(baselines).map(([name, one]): [string, Section | null] => [`baselines.${name}`, one]),
    ['featureNetwork', featureNetwork],
    ['pretrain', pretrain],
    ['contrast', contrast],
  ];
  return sections.flatMap(([path, section]) =>
    section === null || section === undefined || section.updates === null
      ? []
      : inTraining(path, section as TrainingConfig),
  );
}

function inTraining(path: string, config: TrainingConfig): EndlessWarmup[] {
  const { updates } = config;
  const all = updates === 1 ? 'its one update is' : `all of its ${updates} updates are`;
  if (config.method === 'fce' && config.ebmWarmupUpdates >= updates) {
    return [
      {
        path: `${path}.ebmWarmupUpdates`,
        value: config.ebmWarmupUpdates,
        effect: `${all} the EBM's, and the flow never moves`,
      },
    ];
  }
  return Object.entries(config).flatMap(([player, optimiser]: [string, unknown]) => {
    const { warmupUpdates } = (optimiser ?? {}) as { readonly warmupUpdates?: unknown };
    const moves = mostMoves(config, player);
    // a warm-up over one update has the whole rate in the first
    if (typeof warmupUpdates !== 'number' || warmupUpdates <= 1 || warmupUpdates < moves) return [];
    const of = moves === updates ? `${updates} updates` : `${moves} of ${updates} updates, the ${player}'s`;
    return [
      {
        path: `${path}.${player}.warmupUpdates`,
        value: warmupUpdates,
        effect: `the learning rate is still rising at the end of its ${of}`,
      },
    ];
  });
}

/** That a player can make: a warm-up counts its own. Where turns go by the course of the contrast, all but
 *  the EBM's first may be the flow's. */
function mostMoves(config: TrainingConfig, player: string): number {
  const { updates } = config;
  if (config.method === 'gan') return Math.ceil(updates / 2);
  if (config.method !== 'fce') return updates;
  const { turn, ebmWarmupUpdates } = config;
  // rounds are counted from the first update on
  const inRounds = (count: number): number =>
    turn.kind !== 'ratio'
      ? count
      : Math.floor(count / (turn.ebm + turn.flow)) * turn.flow
        + Math.max(0, (count % (turn.ebm + turn.flow)) - turn.ebm);
  const ofFlow = inRounds(updates) - inRounds(ebmWarmupUpdates);
  return player === 'flow' ? ofFlow : turn.kind === 'ratio' ? updates - ofFlow : updates;
}
