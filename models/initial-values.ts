/** Where a model's parameters start. */
import { ConfigError } from './errors.ts';
import { layoutSize, type ParamSpec } from './params.ts';
import { normal, uniform } from './random.ts';

/** The flat vector theta [N] (see params.ts) that `specs` ask for. A parameter's values depend on (seed, stream, its own
 *  name) and on no other parameter, so that adding a layer leaves the others' start alone. */
export function initialValues(specs: readonly ParamSpec[], seed: number, stream: string): Float32Array {
  const theta = new Float32Array(layoutSize(specs));
  let offset = 0;
  for (const spec of specs) {
    const size = layoutSize([spec]);
    theta.set(startOf(spec, size, seed, `${stream}/${spec.name}`), offset);
    offset += size;
  }
  return theta;
}

function startOf({ name, init }: ParamSpec, size: number, seed: number, stream: string): ArrayLike<number> {
  if (init.kind === 'zeros') return new Float32Array(size);
  if (init.kind === 'normal') {
    const next = normal(seed, stream);
    return Float32Array.from({ length: size }, () => init.std * next());
  }
  const values = typeof init.values === 'function' ? init.values(uniform(seed, stream)) : init.values;
  if (values.length !== size) throw new ConfigError(`Expected ${size} initial values for ${name}, got ${values.length}.`);
  return values;
}
