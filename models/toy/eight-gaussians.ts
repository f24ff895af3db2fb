/** Eight equal Gaussians on a circle of radius 2 sqrt(2), variance 1/8 per coordinate (the public
 *  reimplementation's setting). */
import { normal, uniform } from '../core/random.ts';
import type { ToyDensity } from './density.ts';

const radius = 2 * Math.SQRT2;
const variance = 1 / 8;
const centres = Array.from({ length: 8 }, (_, k) => {
  const angle = (2 * Math.PI * k) / 8;
  return [radius * Math.cos(angle), radius * Math.sin(angle)] as const;
});
const logScale = -Math.log(centres.length) - Math.log(2 * Math.PI * variance);

function logDensityAt(x: number, y: number): number {
  const exponents = centres.map(([cx, cy]) => -((x - cx) ** 2 + (y - cy) ** 2) / (2 * variance));
  const top = Math.max(...exponents);
  return logScale + top + Math.log(exponents.reduce((sum, e) => sum + Math.exp(e - top), 0));
}

export const eightGaussiansDensity: ToyDensity = {
  name: 'eight-gaussians',
  extent: 6,
  sampler(seed, stream) {
    const choose = uniform(seed, `${stream}/mode`);
    const noise = normal(seed, `${stream}/noise`);
    return (n) => {
      const points = new Float32Array(2 * n);
      for (let i = 0; i < n; i++) {
        const [cx, cy] = centres[Math.floor(choose() * centres.length)]!;
        points[2 * i] = cx + Math.sqrt(variance) * noise();
        points[2 * i + 1] = cy + Math.sqrt(variance) * noise();
      }
      return points;
    };
  },
  logDensity: (points) =>
    Float64Array.from({ length: points.length / 2 }, (_, i) =>
      logDensityAt(points[2 * i]!, points[2 * i + 1]!),
    ),
};
