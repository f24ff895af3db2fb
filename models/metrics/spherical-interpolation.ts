/** Latents on the way from one to another. a sin((1 - t) angle) / sin(angle) + b sin(t angle) / sin(angle),
 *  the angle between a and b Source: Shoemake 1985 */
import { ShapeError } from '../core/errors.ts';

/** Latents of many dimensions lie near a sphere, and a straight line between two leaves it for latents no
 *  datum has: hence the arc. a, b [dim], t in [0, 1] -> [dim]. Of a zero or parallel pair the straight
 *  line. */
export function sphericalInterpolation(a: Float32Array, b: Float32Array, t: number): Float32Array {
  if (a.length !== b.length)
    throw new ShapeError(`Expected latents of one size, got ${a.length} and ${b.length}.`);
  const dot = (u: Float32Array, v: Float32Array): number =>
    u.reduce((sum, value, i) => sum + value * v[i]!, 0);
  const angle = Math.acos(Math.min(1, Math.max(-1, dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)))));
  const straight = !(Math.sin(angle) > 1e-6);
  const [from, to] = straight
    ? [1 - t, t]
    : [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)];
  return a.map((value, i) => from * value + to * b[i]!);
}
