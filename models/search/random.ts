/** Independent uniforms. A parameter's draw hangs on its own path: adding another leaves it as it was. */
import { uniform } from '../core/random.ts';
import { valueAt, type Parameters, type ParameterValues } from './parameter.ts';

export const randomPoint = (parameters: Parameters, seed: number, trial: number): ParameterValues =>
  Object.fromEntries(
    Object.entries(parameters).map(([path, parameter]) => [
      path,
      valueAt(parameter, uniform(seed, `search/${trial}/${path}`)()),
    ]),
  );
