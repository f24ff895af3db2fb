/** A training as a program: which variables it has, which steps there are, what each step is fed, and whose move it is. */
import type { Ebm } from '../ebm/ebm.ts';
import type { Flow } from '../flow/bijection.ts';
import type { Program, ProgramFunction } from '../graph/program.ts';
import type { Tensor, Tensors, TensorSpec } from '../core/tensors.ts';
import { dataSpec, type DataForm } from './batch.ts';
import type { Watched } from './divergence.ts';
import { rowsFunction } from './fed-rows.ts';
import { partVariables } from './micro-batch.ts';
import type { Opponent } from '../fce/opponent.ts';
import { playerVariables, type Player, type PlayerName } from './player.ts';
import type { Probe } from './held-out-metrics.ts';
import type { TrainingConfig } from '../training-schema.ts';
import type { TurnState } from './turn-state.ts';

/** The outputs of a step, scalars by name. */
export type StepOutputs = Readonly<Record<string, number>>;

export interface Training {
  readonly config: TrainingConfig;
  readonly data: DataForm;
  readonly program: Program;
  /** Each has a function of its name in the program: its step. */
  readonly players: readonly Player[];
  readonly flow: Flow | null;
  readonly ebm: Ebm | null;
  readonly opponent: Opponent | null;
  /** log q0 [B] that the EBM is relative to; null where it is not. */
  readonly reference: ((variables: Tensors, x: Tensor) => Tensor) | null;
  /** Who moves next, after `update` updates. */
  turn(state: TurnState, update: number): PlayerName;
  /** The state after a step with these outputs. */
  afterTurn(state: TurnState, outputs: StepOutputs): TurnState;
  /** What the rules of divergence look at. */
  watched(outputs: StepOutputs): Watched;
  /** Where there are several players: outputs that tell of the one who moved, beside its learning rate and gradient norm. */
  readonly ofThePlayer?: readonly string[];
}

/** The one player moves every time. */
export const alone = (player: Player): Pick<Training, 'players' | 'turn' | 'afterTurn'> =>
  ({ players: [player], turn: () => player.name, afterTurn: (state) => state });

/** A training without flow and EBM has this for them. */
export const noContrast = { flow: null, ebm: null, opponent: null, reference: null } as const;

/** What a method adds to the data and the players' variables. */
export interface Additions {
  readonly functions: Readonly<Record<string, ProgramFunction>>;
  readonly variables?: Readonly<Record<string, TensorSpec>>;
  readonly probe: Probe | null;
}

export function assemble(parts: Omit<Training, 'program'>, { functions, variables, probe }: Additions): Training {
  const { data, config } = parts;
  return {
    ...parts,
    program: {
      variables: {
        ...!data.fed && { data: dataSpec(data) },
        ...Object.assign({}, ...parts.players.map(playerVariables)) as Record<string, TensorSpec>,
        ...partVariables(parts.players, config),
        ...variables,
        ...probe?.variables,
      },
      functions: { ...functions, ...data.fed && rowsFunction(data, config.batchSize), ...probe && { probe: probe.run } },
    },
  };
}
