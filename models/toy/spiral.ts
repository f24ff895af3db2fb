/** A single spiral of one and a half turns. Our definition: s in [0, 1] with density 2s (about uniform along
 *  the arc), x = c(s) + N(0, 0.15^2 I), c(s) = pi s (cos 3 pi s, sin 3 pi s). The density is the integral
 *  over s of 2s N(x; c(s), 0.15^2 I): composite Gauss-Legendre with panels no longer than 1.6 standard
 *  deviations, so that it is exact to float64 rounding. */
import { normal, uniform } from '../core/random.ts';
import { compositeGaussLegendre } from './gauss-legendre.ts';
import type { ToyDensity } from './density.ts';

const deviation = 0.15;
const turn = 3 * Math.PI;
const reach = Math.PI;
/** Nodes further off than this many nats below the nearest one do not change a float64 sum. */
const negligible = 45;

const rule = compositeGaussLegendre(8, 128, 0, 1);
const nodes = rule.nodes.length;
const arcX = rule.nodes.map((s) => reach * s * Math.cos(turn * s));
const arcY = rule.nodes.map((s) => reach * s * Math.sin(turn * s));
const mass = rule.nodes.map((s, i) => 2 * s * rule.weights[i]!);
const logScale = -Math.log(2 * Math.PI * deviation ** 2);

function logDensityAt(x: number, y: number): number {
  const exponent = (i: number): number => -((x - arcX[i]!) ** 2 + (y - arcY[i]!) ** 2) / (2 * deviation ** 2);
  let top = -Infinity;
  for (let i = 0; i < nodes; i++) top = Math.max(top, exponent(i));
  let sum = 0;
  for (let i = 0; i < nodes; i++) {
    const e = exponent(i) - top;
    if (e > -negligible) sum += mass[i]! * Math.exp(e);
  }
  return logScale + top + Math.log(sum);
}

export const spiralDensity: ToyDensity = {
  name: 'spiral',
  extent: 6,
  sampler(seed, stream) {
    const along = uniform(seed, `${stream}/arc`);
    const noise = normal(seed, `${stream}/noise`);
    return (n) => {
      const points = new Float32Array(2 * n);
      for (let i = 0; i < n; i++) {
        const s = Math.sqrt(along());
        points[2 * i] = reach * s * Math.cos(turn * s) + deviation * noise();
        points[2 * i + 1] = reach * s * Math.sin(turn * s) + deviation * noise();
      }
      return points;
    };
  },
  logDensity: (points) =>
    Float64Array.from({ length: points.length / 2 }, (_, i) =>
      logDensityAt(points[2 * i]!, points[2 * i + 1]!),
    ),
};
