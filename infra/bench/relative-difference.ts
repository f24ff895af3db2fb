/** |a - b| / |b| of two vectors. */
export function relativeDifference(a: Float32Array, b: ArrayLike<number>): number {
  const norm = (values: Float32Array): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return norm(a.map((value, i) => value - b[i]!)) / norm(Float32Array.from(b));
}
