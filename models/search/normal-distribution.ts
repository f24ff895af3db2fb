/** The normal distribution's functions, in float64. */

const rootTwoPi = Math.sqrt(2 * Math.PI);

export const normalDensity = (z: number): number => Math.exp((-z * z) / 2) / rootTwoPi;

/** P(Z <= z). Series near 0 (Abramowitz and Stegun 26.2.11), continued fraction in the tails (26.2.14). */
export function normalCdf(z: number): number {
  if (Math.abs(z) < 3) {
    let term = z;
    let sum = z;
    for (let k = 1; Math.abs(term) > 1e-18; k += 1) {
      term *= (z * z) / (2 * k + 1);
      sum += term;
    }
    return 0.5 + normalDensity(z) * sum;
  }
  let fraction = 0;
  for (let k = 60; k > 0; k -= 1) fraction = k / (Math.abs(z) + fraction);
  const tail = normalDensity(z) / (Math.abs(z) + fraction);
  return z < 0 ? tail : 1 - tail;
}
