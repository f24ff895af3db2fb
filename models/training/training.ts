/** A training as a program: which variables it has, which steps there are, what each step is fed, and whose
 *  move it is. */
import type { Program, ProgramFunction } from '../graph/program.ts';
import type { Tensor, TensorSpec, Values } from '../core/tensors.ts';
import { dataSpec, type DataForm } from './batch.ts';
import type { Watched } from './divergence.ts';
import type { CommonConfig } from './config.ts';
import { rowsFunction, type DataRows } from './fed-rows.ts';
import { partVariables } from './micro-batch.ts';
import { playerVariables, type Player, type PlayerName } from './player.ts';
import type { HeldOutMetrics } from './held-out-metrics.ts';
import type { TurnState } from './turn-state.ts';

/** The outputs of a step, scalars by name. */
export type StepOutputs = Readonly<Record<string, number>>;

/** What a training starts from. */
export interface Start {
  readonly seed: number;
  /** Which of the seed's random weights; 0 where left out. A training that diverges from its start begins
   *  again from others. */
  readonly draw?: number;
  /** Flow weights [N] to go on from; null starts from random ones. */
  readonly initialFlow: Float32Array | null;
  /** The training set, in the form of its variable; or its rows, of which those of one batch are read. Noise
   *  is fitted to the whole set. */
  readonly data: Values | DataRows;
}

/** `weights`: of players, [N] each; those that are left out start from random ones. `variables`: beside the
 *  players', by name. */
export interface InitialValues {
  readonly weights: Readonly<Record<PlayerName, Float32Array>>;
  readonly variables?: Readonly<Record<string, Float32Array>>;
}

export interface Training {
  readonly config: CommonConfig;
  readonly data: DataForm;
  readonly program: Program;
  /** Each has a function of its name in the program: its step. */
  readonly players: readonly Player[];
  /** Where players start from something else than random weights, or there are variables beside theirs. */
  readonly initialValues?: (start: Start, batch: Tensor) => InitialValues;
  /** Who moves next, after `update` updates. */
  turn(state: TurnState, update: number): PlayerName;
  /** The state after a step with these outputs. */
  afterTurn(state: TurnState, outputs: StepOutputs): TurnState;
  /** What the rules of divergence look at. */
  watched(outputs: StepOutputs): Watched;
  /** Where there are several players: outputs that tell of the one who moved, beside its learning rate and
   *  gradient norm. */
  readonly ofThePlayer?: readonly string[];
}

/** The one player moves every time. */
export const alone = (player: Player): Pick<Training, 'players' | 'turn' | 'afterTurn'> => ({
  players: [player],
  turn: () => player.name,
  afterTurn: (state) => state,
});

/** What a method adds to the data and the players' variables. */
export interface Additions {
  readonly functions: Readonly<Record<string, ProgramFunction>>;
  readonly variables?: Readonly<Record<string, TensorSpec>>;
  readonly probe: HeldOutMetrics | null;
}

/** The players' variables and steps, and what a training's method adds. */
export function programOf(
  { data, config, players }: Pick<Training, 'data' | 'config' | 'players'>,
  { functions, variables, probe }: Additions,
): Program {
  return {
    variables: {
      ...(!data.fed && { data: dataSpec(data) }),
      ...(Object.assign({}, ...players.map(playerVariables)) as Record<string, TensorSpec>),
      ...partVariables(players, config),
      ...variables,
      ...probe?.variables,
    },
    functions: {
      ...functions,
      ...(data.fed && rowsFunction(data, config.batchSize)),
      ...(probe && { probe: probe.run }),
    },
  };
}
