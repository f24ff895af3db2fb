/** Gauss-Legendre nodes and weights on [-1, 1], by Newton's method on the three-term recurrence (Numerical
 *  Recipes, 4.6). */

export interface QuadratureRule {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

/** P_n(x) and its derivative. */
function legendre(n: number, x: number): [number, number] {
  let [previous, current] = [1, x];
  for (let k = 2; k <= n; k++)
    [previous, current] = [current, ((2 * k - 1) * x * current - (k - 1) * previous) / k];
  return [current, (n * (x * current - previous)) / (x * x - 1)];
}

/** The rule of n >= 2 points, exact for polynomials of degree 2n - 1. */
export function gaussLegendre(n: number): QuadratureRule {
  const nodes = new Float64Array(n);
  const weights = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    for (let step = 0; step < 8; step++) {
      const [value, slope] = legendre(n, x);
      x -= value / slope;
    }
    nodes[i] = x;
    weights[i] = 2 / ((1 - x * x) * legendre(n, x)[1] ** 2);
  }
  return { nodes, weights };
}

/** The n-point rule on each of `panels` equal parts of [from, to]. */
export function compositeGaussLegendre(n: number, panels: number, from: number, to: number): QuadratureRule {
  const rule = gaussLegendre(n);
  const half = (to - from) / panels / 2;
  const at = (i: number): [number, number] => [from + half * (2 * Math.floor(i / n) + 1), i % n];
  return {
    nodes: Float64Array.from({ length: n * panels }, (_, i) => at(i)[0] + half * rule.nodes[at(i)[1]]!),
    weights: Float64Array.from({ length: n * panels }, (_, i) => half * rule.weights[at(i)[1]]!),
  };
}
