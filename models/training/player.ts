/** A player of the game: one model's parameters as a flat vector, with the optimiser's moments and the
 *  weights' average. */
import { foldIn } from '../graph/random.ts';
import { adam, clipByGlobalNorm } from '../optim/adam.ts';
import { adamax } from '../optim/adamax.ts';
import { layoutSize, type ParamSpec } from '../core/params.ts';
import { tf, type Tensor, type Tensors, type TensorSpec } from '../core/tensors.ts';
import type { OptimiserConfig } from './config.ts';

/** Names its variables, its step in the program, and its count in a training's counters. */
export type PlayerName = string;

export interface Player {
  readonly name: PlayerName;
  readonly specs: readonly ParamSpec[];
  readonly optimiser: OptimiserConfig;
  /** Has the last word on a step: where the weights go in place of `proposed` [N], and what to hand out about
   *  it. */
  readonly limit?: (
    variables: Tensors,
    key: Tensor,
    proposed: Tensor,
  ) => { readonly theta: Tensor; readonly aux: Tensors };
}

/** What a player keeps, by the suffix of its variables' names: `flow`, `flow.m`, `flow.v`, `flow.average`. */
export const playerVariables = (player: Player): Record<string, TensorSpec> =>
  Object.fromEntries(
    ['', '.m', '.v', '.average'].map((suffix) => [
      `${player.name}${suffix}`,
      { shape: [layoutSize(player.specs)], dtype: 'float32' as const },
    ]),
  );

const scalar: TensorSpec = { shape: [], dtype: 'float32' };

/** What every step is fed: its number and key, and the optimiser's scalars (`optim/schedule.ts`). */
export const stepInputs: Readonly<Record<string, TensorSpec>> = {
  key: { shape: [2], dtype: 'int32' },
  update: { shape: [], dtype: 'int32' },
  learningRate: scalar,
  firstMomentScale: scalar,
  secondMomentScale: scalar,
  averagingDecay: scalar,
};

const algorithms = { adam, adamax } as const;

/** Clip, step, limit, average: new values of the player's variables from a gradient [N] that is to be
 *  descended. */
export function updatePlayer(
  player: Player,
  variables: Tensors,
  inputs: Tensors,
  gradient: Tensor,
): { updates: Tensors; aux: Tensors } {
  const { name, optimiser } = player;
  const clipped = clipByGlobalNorm(gradient, optimiser.clipNorm);
  const state = { theta: variables[name]!, m: variables[`${name}.m`]!, v: variables[`${name}.v`]! };
  const next = algorithms[optimiser.algorithm](optimiser, state, clipped.gradient, {
    learningRate: inputs.learningRate!,
    firstMomentScale: inputs.firstMomentScale!,
    secondMomentScale: inputs.secondMomentScale!,
  });
  const { theta, aux } = player.limit?.(variables, foldIn(inputs.key!, inputs.update!), next.theta) ?? {
    theta: next.theta,
    aux: {},
  };
  const before = variables[`${name}.average`]!;
  const average = tf.add(before, tf.mul(tf.sub(theta, before), tf.sub(1, inputs.averagingDecay!)));
  return {
    updates: { [name]: theta, [`${name}.m`]: next.m, [`${name}.v`]: next.v, [`${name}.average`]: average },
    aux: { ...aux, gradNorm: clipped.norm },
  };
}
