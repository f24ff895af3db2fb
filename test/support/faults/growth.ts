/** Whether a series grows, told from how its lowest points lie: a heap rises until it is collected, and what
 *  never comes down is held. */

export interface Growth {
  /** By least squares over the lowest of each block. */
  readonly perStep: number;
  /** Of `perStep`: one standard error. */
  readonly standardError: number;
}

/** `block`: so many values that each holds a collection. */
export function growthOf(values: readonly number[], block: number): Growth {
  const lowest = Array.from({ length: Math.floor(values.length / block) }, (_, i) =>
    Math.min(...values.slice(i * block, (i + 1) * block)),
  );
  const n = lowest.length;
  const meanX = (n - 1) / 2;
  const meanY = lowest.reduce((sum, y) => sum + y, 0) / n;
  const spread = lowest.reduce((sum, _, x) => sum + (x - meanX) ** 2, 0);
  const slope = lowest.reduce((sum, y, x) => sum + (x - meanX) * (y - meanY), 0) / spread;
  const residual = lowest.reduce((sum, y, x) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0);
  return { perStep: slope / block, standardError: Math.sqrt(residual / (n - 2) / spread) / block };
}
