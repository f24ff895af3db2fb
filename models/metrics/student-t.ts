/** Student's t for whole degrees of freedom, where its distribution is a finite sum. Source: Abramowitz and
 *  Stegun 1964, 26.7.3 and 26.7.4 */
import { DataError } from '../core/errors.ts';

/** The t for which P(|T| <= t) = `level` under `freedom` degrees of freedom: 0.95 and 4 give 2.776. Throws
 *  DataError where `freedom` is no whole number from 1 on, or `level` not within (0, 1). */
export function studentT(level: number, freedom: number): number {
  if (!Number.isInteger(freedom) || freedom < 1)
    throw new DataError(`Expected degrees of freedom to be a whole number from 1 on, got ${freedom}.`);
  if (!(level > 0 && level < 1)) throw new DataError(`Expected a level between 0 and 1, got ${level}.`);
  let [low, high] = [0, Math.PI / 2];
  for (let middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (shareWithin(middle, freedom) < level) low = middle;
    else high = middle;
  }
  return Math.sqrt(freedom) * Math.tan(high);
}

/** P(|T| <= sqrt(freedom) tan(theta)), theta in [0, pi/2]. */
function shareWithin(theta: number, freedom: number): number {
  const [sin, cos] = [Math.sin(theta), Math.cos(theta)];
  const isOdd = freedom % 2 === 1;
  let term = isOdd ? cos : 1;
  let sum = freedom === 1 ? 0 : term;
  for (let k = isOdd ? 3 : 2; k < freedom; k += 2) {
    term *= ((k - 1) / k) * cos * cos;
    sum += term;
  }
  return isOdd ? (2 / Math.PI) * (theta + sin * sum) : sin * sum;
}
