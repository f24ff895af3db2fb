/** Two-dimensional densities that can be sampled and whose log-density is known exactly: the data of the
 *  paper's 2-D figures. */
import { ConfigError } from '../core/errors.ts';
import type { ToyDensity } from './density.ts';
import { eightGaussiansDensity } from './eight-gaussians.ts';
import { pinwheelDensity } from './pinwheel.ts';
import { spiralDensity } from './spiral.ts';

const densities = {
  'eight-gaussians': eightGaussiansDensity,
  pinwheel: pinwheelDensity,
  spiral: spiralDensity,
} as const;

export type ToyName = keyof typeof densities;

export const toyNames = Object.keys(densities) as ToyName[];

/** The density of a name. Throws ConfigError on a name nobody knows. */
export function createToy(name: string): ToyDensity {
  if (!Object.hasOwn(densities, name)) {
    throw new ConfigError(`A toy density is one of ${toyNames.join(', ')}, got "${name}".`);
  }
  return densities[name as ToyName];
}
