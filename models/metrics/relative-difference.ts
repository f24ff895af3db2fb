/** |a - b| / |b| of two vectors of one length; 0 where they are equal. */
export function relativeDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [error, square] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    error += (a[i]! - b[i]!) ** 2;
    square += b[i]! ** 2;
  }
  return error === 0 ? 0 : Math.sqrt(error / square);
}
