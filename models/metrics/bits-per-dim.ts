/** Log-density of continuous pixels as bits per dimension of the 8-bit image they came from. */

/** Grey levels of a pixel; images live at x / 256 - 1/2 + U(0, 1/256), so that a pixel's cell has volume
 *  1/256. */
export const levels = 256;

/** bits/dim = (-log p(x) / dim + log 256) / log 2, a bound on the image's code length under uniform
 *  dequantisation (Theis, van den Oord, Bethge 2016). logProb in nats. The uniform density on [-1/2, 1/2)^dim
 *  gives exactly 8. */
export const bitsPerDim = (logProb: number, dim: number): number =>
  Math.log2(levels) - logProb / (dim * Math.LN2);
