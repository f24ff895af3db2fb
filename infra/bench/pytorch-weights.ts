/** A training's start as the file the referee reads: parameters by player and name, the constants of the
 *  mixing, and the data. */
import { encodeSafetensors } from '../../activities/formats/safetensors.ts';
import type { Training } from '../../models/training/training.ts';
import type { ImageGlowConfig } from '../../models/flow/config.ts';
import { factorise64, randomOrthogonal64 } from '../../models/flow/matrix64.ts';
import { layoutSize } from '../../models/core/params.ts';
import type { NamedArray, NamedArrays, Values } from '../../models/core/tensors.ts';

export function pytorchWeights(
  training: Training,
  glow: ImageGlowConfig,
  start: Readonly<Record<string, Values>>,
): Uint8Array {
  const { data } = training.program.variables;
  const arrays: NamedArrays = {
    data: { ...data!, values: start.data! },
    ...Object.assign(
      {},
      ...training.players.map(({ name, specs }) => parametersOf(name, specs, start[name]!)),
    ),
    ...mixingConstants(glow, training.data.shape[2]!),
  };
  return encodeSafetensors(arrays, {});
}

/** theta [N] -> parameters by `player/name`. */
function parametersOf(
  player: string,
  specs: Training['players'][number]['specs'],
  theta: Values,
): Record<string, NamedArray> {
  let offset = 0;
  return Object.fromEntries(
    specs.map((spec) => {
      const values = theta.slice(offset, (offset += layoutSize([spec])));
      return [`${player}/${spec.name}`, { shape: spec.shape, dtype: 'float32', values }];
    }),
  );
}

/** P and the signs of s, which belong to the architecture (`models/flow/lu-mixing.ts`). */
function mixingConstants({ levels, depth }: ImageGlowConfig, channels: number): Record<string, NamedArray> {
  const arrays: Record<string, NamedArray> = {};
  for (let level = 0; level < levels; level += 1) {
    const c = channels * 4 * 2 ** level;
    for (let i = 0; i < depth; i += 1) {
      const { p, u } = factorise64(randomOrthogonal64(c, `mixing/level${level}/step${i}`));
      const at = `flow/${'split/deeper/'.repeat(level)}step${i}/invertibleConv`;
      arrays[`${at}/permutation`] = { shape: [c, c], dtype: 'float32', values: Float32Array.from(p.flat()) };
      arrays[`${at}/signs`] = {
        shape: [c],
        dtype: 'float32',
        values: Float32Array.from(u, (row, k) => Math.sign(row[k]!)),
      };
    }
  }
  return arrays;
}
