/** The training loop, over any session: whose turn, run that player's step, check for divergence, hand out
 *  metrics. A generator, so that whoever drives it decides what happens between two updates. */
import type { Session } from '../graph/program.ts';
import { averagingAt, learningRateAt, momentScalesAt } from '../optim/schedule.ts';
import { prngKey } from '../core/random.ts';
import type { Values } from '../core/tensors.ts';
import {
  checkDivergence,
  DivergedError,
  firstDivergenceState,
  type StepInfo,
  type DivergenceState,
} from './divergence.ts';
import { dimOf, isImage } from './batch.ts';
import { fedTo, type DataRows } from './fed-rows.ts';
import { combined, partFunction, batchParts } from './micro-batch.ts';
import type { PlayerName } from './player.ts';
import type { StepOutputs, Training } from './training.ts';
import { firstTurnState, type TurnState } from './turn-state.ts';

/** Everything a training carries from update to update beside its variables; part of a checkpoint. */
export interface Counters extends DivergenceState {
  readonly update: number;
  /** Each player's own updates; one that has not moved yet may be absent. */
  readonly players: Readonly<Record<PlayerName, number>>;
  readonly turn: TurnState;
  /** What each player's last move said of that player; of trainings with several alone. Every line tells it
   *  again: which lines are kept says nothing of whose turn it was. */
  readonly figures: Readonly<Record<PlayerName, Readonly<Record<string, number>>>>;
}
export const firstCounters: Counters = {
  update: 0,
  players: {},
  turn: firstTurnState,
  figures: {},
  ...firstDivergenceState,
};

/** What a training's randomness and step size hang on beside its configuration. */
export interface TrainingContext {
  readonly seed: number;
  readonly training: string;
  readonly noiseStream: number;
  readonly learningRateScale: number;
  /** In place of the configuration's, where they are given: updates in total, and learning rates by
   *  player. */
  readonly updates?: number;
  readonly learningRates?: Readonly<Record<PlayerName, number>>;
}

export type Metrics = Readonly<Record<string, number | string>>;
export interface Update {
  readonly counters: Counters;
  readonly metrics: Metrics;
}

/** Runs the updates after `counters.update` up to and including `until`. `data`: the training set, where
 *  steps are fed their rows of it. Throws DivergedError. */
export function* updates(
  session: Session,
  training: Training,
  trainingContext: TrainingContext,
  from: Counters,
  until: number,
  data: DataRows | null = null,
): Generator<Update, void> {
  const key = Int32Array.from(
    prngKey(trainingContext.seed, `${trainingContext.training}/${trainingContext.noiseStream}`),
  );
  let counters = from;
  while (counters.update < until) {
    const turn = training.turn(counters.turn, counters.update);
    const fed = optimiserInputs(training, turn, counters, trainingContext);
    const at = { key, update: counters.update };
    const outputs = step(
      session,
      training,
      turn,
      { ...at, ...fedTo(turn, training, session, at, data) },
      fed,
    );
    const said = (after: Counters): Metrics =>
      describe(training, trainingContext, turn, after, outputs, fed.learningRate);
    counters = advanced(
      training,
      trainingContext,
      counters,
      turn,
      { ...outputs, learningRate: fed.learningRate },
      said,
    );
    yield { counters, metrics: said(counters) };
  }
}

/** An update that breaks a rule says what it was all the same. */
function advanced(
  training: Training,
  trainingContext: TrainingContext,
  before: Counters,
  turn: PlayerName,
  outputs: StepOutputs,
  said: (after: Counters) => Metrics,
): Counters {
  try {
    return advance(training, trainingContext, before, turn, outputs);
  } catch (error) {
    if (error instanceof DivergedError)
      error.lines = [
        said({ ...before, update: before.update + 1, ...moved(training, before, turn, outputs) }),
      ];
    throw error;
  }
}

/** What every part of a step is fed. */
type StepInputs = Readonly<Record<string, Values | number>>;

/** One step: the parts of its batch, where it is cut, and the update. */
function step(
  session: Session,
  { config }: Training,
  turn: PlayerName,
  at: StepInputs,
  fed: Record<string, number>,
): StepOutputs {
  const parts = config.microBatch === null ? 0 : batchParts(config);
  const seen = Array.from({ length: parts }, (_, part) =>
    scalars(session.run(partFunction(turn), { ...at, part })),
  );
  return { ...combined(seen), ...scalars(session.run(turn, { ...at, ...fed })) };
}

function optimiserInputs(
  { players, config }: Training,
  turn: PlayerName,
  counters: Counters,
  trainingContext: TrainingContext,
) {
  const { optimiser } = players.find(({ name }) => name === turn)!;
  const { learningRateScale, learningRates: { [turn]: learningRate = optimiser.learningRate } = {} } =
    trainingContext;
  const own = movesOf(counters, turn);
  const moments = momentScalesAt(optimiser, own);
  return {
    learningRate:
      learningRateScale
      * learningRateAt(
        { ...optimiser, learningRate },
        own,
        counters.update / totalOf(trainingContext, config),
      ),
    firstMomentScale: moments.first,
    secondMomentScale: moments.second,
    averagingDecay: averagingAt(config.averaging, own),
  };
}

function advance(
  training: Training,
  trainingContext: TrainingContext,
  before: Counters,
  turn: PlayerName,
  outputs: StepOutputs,
): Counters {
  const update = before.update + 1;
  const at: StepInfo = {
    update,
    turn,
    moved: movesOf(before, 'flow') > 0,
    last: update === totalOf(trainingContext, training.config),
    dim: dimOf(training.data),
  };
  return {
    update,
    ...checkDivergence(training.config.divergence, at, training.watched(outputs), before),
    turn: training.afterTurn(before.turn, outputs),
    ...moved(training, before, turn, outputs),
  };
}

function moved(
  training: Training,
  before: Counters,
  turn: PlayerName,
  outputs: StepOutputs,
): Pick<Counters, 'players' | 'figures'> {
  return {
    players: { ...before.players, [turn]: movesOf(before, turn) + 1 },
    figures:
      training.players.length === 1
        ? before.figures
        : { ...before.figures, [turn]: ownFigures(training, outputs) },
  };
}

/** Those that tell of the player who moved, and of nobody else. */
const ownFigures = ({ ofThePlayer = [] }: Training, outputs: StepOutputs): Record<string, number> =>
  Object.fromEntries(
    ['learningRate', 'gradNorm', ...ofThePlayer].flatMap((name) =>
      outputs[name] === undefined ? [] : [[name, outputs[name]]],
    ),
  );

function describe(
  training: Training,
  trainingContext: TrainingContext,
  turn: PlayerName,
  counters: Counters,
  outputs: StepOutputs,
  learningRate: number,
): Metrics {
  const bits: Metrics =
    isImage(training.data) && outputs.logProb !== undefined
      ? { bitsPerDim: 8 - outputs.logProb / (dimOf(training.data) * Math.LN2) }
      : {};
  const own = Object.fromEntries(
    training.players.map(({ name }) => [`${name}Updates`, movesOf(counters, name)]),
  );
  return {
    training: trainingContext.training,
    update: counters.update,
    turn,
    ...outputs,
    ...bits,
    learningRate,
    ...own,
    ...carried(counters),
  };
}

/** `gradNorm.ebm`, as `mse.ebm` is named. */
const carried = ({ figures }: Counters): Record<string, number> =>
  Object.fromEntries(
    Object.entries(figures).flatMap(([player, own]) =>
      Object.entries(own).map(([name, value]) => [`${name}.${player}`, value]),
    ),
  );

const totalOf = ({ updates }: TrainingContext, config: Training['config']): number =>
  updates ?? config.updates;
const movesOf = ({ players }: Counters, name: PlayerName): number => players[name] ?? 0;

/** Scalar outputs as numbers. */
export const scalars = (outputs: ReturnType<Session['run']>): Record<string, number> =>
  Object.fromEntries(Object.entries(outputs).map(([name, values]) => [name, values[0]!]));
