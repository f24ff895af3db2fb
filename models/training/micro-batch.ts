/** A player's step, over its whole batch in one run, or in parts where memory is short: each part adds its
 *  gradient to a variable, and the update follows when all are in. The losses are means over the batch, so
 *  that the mean of the parts' gradients is the whole batch's. A part draws the whole batch's random numbers
 *  and takes its own rows of them. For speed, a part is computed in shards side by side, one a thread. */
import { ConfigError } from '../core/errors.ts';
import { gatherRows } from '../graph/gather-rows.ts';
import type { ProgramFunction } from '../graph/program.ts';
import { foldIn } from '../graph/random.ts';
import { layoutSize } from '../core/params.ts';
import { tf, type Tensor, type Tensors, type TensorSpec } from '../core/tensors.ts';
import type { DataForm } from './batch.ts';
import { withFedRows } from './fed-rows.ts';
import { stepInputs, updatePlayer, type Player, type PlayerName } from './player.ts';

export interface BatchSizes {
  readonly batchSize: number;
  /** Data in one part; null for the whole batch. */
  readonly microBatch: number | null;
  /** Shares of a part that are computed side by side; null for one. */
  readonly shards: number | null;
}

/** The rows [part, ...] that a part takes of the whole batch's [B, ...]. */
export type Rows = (whole: Tensor) => Tensor;

/** The gradient [N] of a mean over the rows, and means (or, by a name that starts with max, maxima) to hand
 *  out beside it. */
export type PartGradient = (
  variables: Tensors,
  key: Tensor,
  rows: Rows,
) => { gradient: Tensor; aux: Tensors };

export const partFunction = (player: PlayerName): string => `${player}.part`;
export const isPartVariable = (name: string): boolean => name.endsWith('.gradient');
const sumVariable = (player: PlayerName): string => `${player}.gradient`;

/** Into how many parts a batch is cut. Throws ConfigError if they would differ in size. */
export function batchParts({ batchSize, microBatch }: Pick<BatchSizes, 'batchSize' | 'microBatch'>): number {
  if (microBatch === null) return 1;
  if (batchSize % microBatch === 0) return batchSize / microBatch;
  throw new ConfigError(
    `Expected microBatch to divide batchSize = ${batchSize}, got ${microBatch}. Choose a divisor, or `
      + 'null for the whole batch at once.',
  );
}

/** The functions of a player's step by name: its own, and where the batch is cut also that of one part.
 *  `data`: what the step draws from; null where it looks at no data. */
export function playerSteps(
  player: Player,
  sizes: BatchSizes,
  data: DataForm | null,
  gradientOfRows: PartGradient,
): Record<string, ProgramFunction> {
  const steps = stepsOf(player, sizes, inShards(sizes, gradientOfRows));
  return data?.fed ? withFedRows(steps, data, sizes.batchSize) : steps;
}

function stepsOf(
  player: Player,
  sizes: BatchSizes,
  gradientOf: PartGradient,
): Record<string, ProgramFunction> {
  const parts = batchParts(sizes);
  if (sizes.microBatch !== null) {
    return {
      [partFunction(player.name)]: partStep(player, sizes.microBatch, parts, gradientOf),
      [player.name]: updateStep(player),
    };
  }
  return {
    [player.name]: {
      inputs: stepInputs,
      run(variables, inputs) {
        const { gradient, aux } = gradientOf(
          variables,
          foldIn(inputs.key!, inputs.update!),
          (whole) => whole,
        );
        return applied(player, variables, inputs, gradient, aux);
      },
    },
  };
}

/** The same gradient as the mean of its shares'. They depend on nothing of each other, so that TensorFlow
 *  runs them at the same time: two threads with a share each took 225 ms for a step of Glow that took two
 *  threads 265 when they shared every op. */
function inShards({ batchSize, microBatch, shards }: BatchSizes, gradientOf: PartGradient): PartGradient {
  if (shards === null || shards === 1) return gradientOf;
  const size = (microBatch ?? batchSize) / shards;
  if (!Number.isInteger(size)) {
    throw new ConfigError(
      `Expected shards to divide ${microBatch === null ? 'batchSize' : 'microBatch'} = `
        + `${size * shards}, got ${shards}. Choose a divisor, or null.`,
    );
  }
  return (variables, key, rows) => {
    const all = Array.from({ length: shards }, (_, i) =>
      gradientOf(variables, key, (whole) => tf.slice(rows(whole), i * size, size)),
    );
    const names = Object.keys(all[0]!.aux);
    return {
      gradient: mean(all.map(({ gradient }) => gradient)),
      aux: Object.fromEntries(
        names.map((name) => [name, (isMaximum(name) ? largest : mean)(all.map(({ aux }) => aux[name]!))]),
      ),
    };
  };
}

const mean = (list: readonly Tensor[]): Tensor => tf.div(tf.addN([...list]), list.length);
const largest = (list: readonly Tensor[]): Tensor => list.reduce((a, b) => tf.maximum(a, b));
const isMaximum = (name: string): boolean => name.startsWith('max');

/** What `playerSteps` needs beside the player's own variables; nothing of it outlives an update. */
export const partVariables = (
  players: readonly Player[],
  { microBatch }: Pick<BatchSizes, 'microBatch'>,
): Record<string, TensorSpec> =>
  microBatch === null
    ? {}
    : Object.fromEntries(
        players.map(({ name, specs }) => [
          sumVariable(name),
          { shape: [layoutSize(specs)], dtype: 'float32' },
        ]),
      );

/** Values to start `partVariables` with. */
export const emptyParts = (
  players: readonly Player[],
  sizes: Pick<BatchSizes, 'microBatch'>,
): Record<string, Float32Array> =>
  Object.fromEntries(
    Object.entries(partVariables(players, sizes)).map(([name, { shape }]) => [
      name,
      new Float32Array(shape[0]!),
    ]),
  );

/** The first part starts the sum anew: what an interrupted update has left there does not count. */
function partStep({ name }: Player, size: number, parts: number, gradientOf: PartGradient): ProgramFunction {
  const { key, update } = stepInputs;
  return {
    inputs: { key: key!, update: update!, part: { shape: [], dtype: 'int32' } },
    run(variables, inputs) {
      const indices = tf.add(tf.range(0, size, 1, 'int32'), tf.mul(inputs.part!, tf.scalar(size, 'int32')));
      const { gradient, aux } = gradientOf(variables, foldIn(inputs.key!, inputs.update!), (whole) =>
        gatherRows(whole, indices),
      );
      const share = tf.div(gradient, parts);
      const sum = variables[sumVariable(name)]!;
      return {
        outputs: aux,
        updates: {
          [sumVariable(name)]: tf.add(tf.where(tf.greater(inputs.part!, 0), sum, tf.zerosLike(sum)), share),
        },
      };
    },
  };
}

const updateStep = (player: Player): ProgramFunction => ({
  inputs: stepInputs,
  run: (variables, inputs) => applied(player, variables, inputs, variables[sumVariable(player.name)]!, {}),
});

function applied(player: Player, variables: Tensors, inputs: Tensors, gradient: Tensor, aux: Tensors) {
  const { updates, aux: ofUpdate } = updatePlayer(player, variables, inputs, gradient);
  return { outputs: { ...aux, ...ofUpdate }, updates };
}

/** A whole batch's metrics from its parts'; none from none. */
export function combined(parts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  return Object.fromEntries(
    Object.keys(parts[0] ?? {}).map((name) => {
      const values = parts.map((part) => part[name]!);
      return [
        name,
        isMaximum(name) ? Math.max(...values) : values.reduce((sum, value) => sum + value, 0) / values.length,
      ];
    }),
  );
}
