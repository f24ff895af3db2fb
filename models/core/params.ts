/** Parameters of a model: named tensors inside a recorded function, one flat vector outside it.
 *  The optimiser, the weight average and the checkpoint work on the flat vector, so that their cost in graph
 *  nodes does not grow with the number of layers. */
import { ShapeError } from './errors.ts';
import { tf, type NamedArrays, type Tensor, type Tensors, type Values } from './tensors.ts';

/** How a parameter starts. `normal` is N(0, std^2); `values` are given as they are, row-major. */
export type Init =
  | { readonly kind: 'zeros' }
  | { readonly kind: 'normal'; readonly std: number }
  | {
      readonly kind: 'values';
      readonly values: readonly number[] | ((random: () => number) => readonly number[]);
    };

export interface ParamSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: Init;
}
/** Tensors by parameter name; gradients and updates have the same form. */
export type Params = Tensors;

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export const layoutSize = (specs: readonly ParamSpec[]): number =>
  specs.reduce((n, spec) => n + sizeOf(spec.shape), 0);

/** Names a module's parameters by the place it has in the whole: `prefixed('level0/step1', specs)`. */
export const prefixed = (prefix: string, specs: readonly ParamSpec[]): ParamSpec[] =>
  specs.map((spec) => ({ ...spec, name: `${prefix}/${spec.name}` }));

/** The part of `params` (tensors or plain arrays) below `prefix/`, with the prefix taken off. */
export const under = <T>(params: Readonly<Record<string, T>>, prefix: string): Readonly<Record<string, T>> =>
  Object.fromEntries(
    Object.entries(params).flatMap(([name, value]) =>
      name.startsWith(`${prefix}/`) ? [[name.slice(prefix.length + 1), value]] : [],
    ),
  );

/** `under` every first part of a name, in one pass: what has none is left out. */
export function byPart<T>(
  params: Readonly<Record<string, T>>,
): Readonly<Record<string, Readonly<Record<string, T>>>> {
  const parts: Record<string, Record<string, T>> = {};
  for (const [name, value] of Object.entries(params)) {
    const at = name.indexOf('/');
    if (at !== -1) (parts[name.slice(0, at)] ??= {})[name.slice(at + 1)] = value;
  }
  return parts;
}

/** The inverse of `under`: puts `prefix/` before every name. */
export const below = <T>(prefix: string, params: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [`${prefix}/${name}`, value]));

/** theta [N] -> tensors by name, in the order of `specs`. */
export function unflatten(specs: readonly ParamSpec[], theta: Tensor): Params {
  if (theta.size !== layoutSize(specs)) {
    throw new ShapeError(`Expected a flat vector of ${layoutSize(specs)} parameters, got [${theta.shape}].`);
  }
  const parts = tf.split(
    theta,
    specs.map((spec) => sizeOf(spec.shape)),
  );
  return Object.fromEntries(specs.map((spec, i) => [spec.name, tf.reshape(parts[i]!, [...spec.shape])]));
}

/** Tensors by name -> theta [N]: the inverse of `unflatten`. */
export const flattenParams = (specs: readonly ParamSpec[], params: Params): Tensor =>
  tf.concat(specs.map((spec) => tf.reshape(params[spec.name]!, [-1])));

/** The same outside the graph: each parameter with its part of a flat vector, as a view. */
export function partsOf<V extends Values>(specs: readonly ParamSpec[], theta: V): [ParamSpec, V][] {
  let offset = 0;
  return specs.map((spec) => {
    const start = offset;
    offset += sizeOf(spec.shape);
    return [spec, theta.subarray(start, offset) as V];
  });
}

/** A flat vector's parts by parameter name, as views of it. */
export const namedParams = (specs: readonly ParamSpec[], theta: Values): NamedArrays =>
  Object.fromEntries(
    partsOf(specs, theta).map(([{ name, shape }, values]) => [
      name,
      { shape, dtype: 'float32' as const, values },
    ]),
  );
