/** Two-dimensional densities that can be sampled and whose log-density is known exactly: the data of the paper's 2-D figures. */
import { ConfigError } from '../core/errors.ts';
import { eightGaussians } from './eight-gaussians.ts';
import { pinwheel } from './pinwheel.ts';
import { spiral } from './spiral.ts';

export interface ToyDensity {
  readonly name: string;
  /** Half the side of the square [-extent, extent]^2 outside which less than 1e-9 of the mass lies. */
  readonly extent: number;
  /** Draws n further independent points at each call, [n, 2] row-major: a function of (seed, stream) and of how many were drawn before. */
  sampler(seed: number, stream: string): (n: number) => Float32Array;
  /** points [n, 2] -> log p [n], nats, float64. */
  logDensity(points: Float32Array): Float64Array;
}

const densities = { 'eight-gaussians': eightGaussians, pinwheel, spiral } as const;
export type ToyName = keyof typeof densities;
export const toyNames = Object.keys(densities) as ToyName[];

/** The density of a name. Throws ConfigError on a name nobody knows. */
export function createToy(name: string): ToyDensity {
  if (!Object.hasOwn(densities, name)) {
    throw new ConfigError(`A toy density is one of ${toyNames.join(', ')}, got "${name}".`);
  }
  return densities[name as ToyName];
}
