/** What a checkpoint calls its numbers: every parameter by its name and shape, so that other programs can use
 *  the weights. */
import type { PartsOf } from '../../activities/formats/safetensors.ts';
import type { CreatedTraining } from '../../models/create-training.ts';
import type { NamedArrays } from '../../models/core/tensors.ts';

/** In a checkpoint's metadata, for whoever opens it elsewhere. */
export const legend =
  'PLAYER/PARAMETER: weights as trained. PLAYER.average/PARAMETER: their exponential moving average, '
  + 'which is exported and evaluated. PLAYER.m and PLAYER.v: first and second moments of the '
  + 'optimiser. flow.constants: what the architecture fixes. reference: the frozen flow of a relative '
  + 'EBM.';

/** Beside the state: the weights cannot be used elsewhere without them. */
export const constantsName = 'flow.constants';

/** The parameters that a training's vectors consist of. */
export function namedParts({ players, flow }: CreatedTraining): PartsOf {
  const kept = players.flatMap(({ name, specs }) =>
    ['', '.average', '.m', '.v'].map((suffix) => [`${name}${suffix}`, specs] as const),
  );
  const constants = Object.entries(flow?.constants ?? {}).map(([name, { shape }]) => ({ name, shape }));
  return { ...Object.fromEntries(kept), ...(flow && { reference: flow.params, [constantsName]: constants }) };
}

/** The constants of the training's flow as one vector; nothing where it has none. */
export function constantsOf({ flow }: CreatedTraining): NamedArrays {
  const values = Float32Array.from(
    Object.values(flow?.constants ?? {}).flatMap((constant) => [...constant.values]),
  );
  return values.length === 0 ? {} : { [constantsName]: { shape: [values.length], dtype: 'float32', values } };
}
