/** Where a model's parameters start. */
import { ConfigError } from './errors.ts';
import { layoutSize, type ParamSpec } from './params.ts';
import { normal, uniform } from './random.ts';

/** The flat vector theta [N] (see params.ts) that `specs` ask for. A parameter's values depend on (seed,
 *  stream, its own name) and on no other parameter, so that adding a layer leaves the others' start alone. */
export function initialValues(specs: readonly ParamSpec[], seed: number, stream: string): Float32Array {
  const theta = new Float32Array(layoutSize(specs));
  let offset = 0;
  for (const spec of specs) {
    const size = layoutSize([spec]);
    start(theta.subarray(offset, offset + size), spec, seed, `${stream}/${spec.name}`);
    offset += size;
  }
  return theta;
}

/** Fills `part`, a parameter's numbers in theta. */
function start(part: Float32Array, { name, init }: ParamSpec, seed: number, stream: string): void {
  if (init.kind === 'zeros') return;
  if (init.kind === 'normal') {
    const next = normal(seed, stream);
    for (let i = 0; i < part.length; i += 1) part[i] = init.std * next();
    return;
  }
  const values = typeof init.values === 'function' ? init.values(uniform(seed, stream)) : init.values;
  if (values.length !== part.length)
    throw new ConfigError(`Expected ${part.length} initial values for ${name}, got ${values.length}.`);
  part.set(values);
}
