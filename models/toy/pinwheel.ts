/** Five Gaussian arms, bent. Our definition: u ~ mixture of arms k = 0..4, each the Gaussian with mean (2, 0)
 *  and standard deviations (0.6 along, 0.2 across), turned by 2 pi k / 5; then x = R(bend(|u|)) u with
 *  bend(r) = exp(r / 2) / 4. A rotation by an angle that depends on the radius alone keeps radii and areas,
 *  so p(x) = p_arms(R(-bend(|x|)) x), exactly. */
import { normal, uniform } from '../core/random.ts';
import type { ToyDensity } from './density.ts';

const arms = 5;
const mean = 2;
const along = 0.6;
const across = 0.2;
const bend = (r: number): number => Math.exp(r / 2) / 4;
const logScale = -Math.log(arms) - Math.log(2 * Math.PI * along * across);
const armAngles = Array.from({ length: arms }, (_, k) => (2 * Math.PI * k) / arms);

function logDensityAt(x: number, y: number): number {
  const r = Math.hypot(x, y);
  const angle = Math.atan2(y, x) - bend(r);
  const exponents = armAngles.map((arm) => {
    const u = r * Math.cos(angle - arm);
    const v = r * Math.sin(angle - arm);
    return -0.5 * (((u - mean) / along) ** 2 + (v / across) ** 2);
  });
  const top = Math.max(...exponents);
  return logScale + top + Math.log(exponents.reduce((sum, e) => sum + Math.exp(e - top), 0));
}

export const pinwheelDensity: ToyDensity = {
  name: 'pinwheel',
  extent: 6,
  sampler(seed, stream) {
    const choose = uniform(seed, `${stream}/arm`);
    const noise = normal(seed, `${stream}/noise`);
    return (n) => {
      const points = new Float32Array(2 * n);
      for (let i = 0; i < n; i++) {
        const u = mean + along * noise();
        const v = across * noise();
        const r = Math.hypot(u, v);
        const angle = Math.atan2(v, u) + armAngles[Math.floor(choose() * arms)]! + bend(r);
        points[2 * i] = r * Math.cos(angle);
        points[2 * i + 1] = r * Math.sin(angle);
      }
      return points;
    };
  },
  logDensity: (points) =>
    Float64Array.from({ length: points.length / 2 }, (_, i) =>
      logDensityAt(points[2 * i]!, points[2 * i + 1]!),
    ),
};
