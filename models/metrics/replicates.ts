/** What repeating a measurement says of it: mean, standard deviation, and where the mean is likely to lie.
 *  The interval takes the replicates for independent and about normal; of few, or of heavy tails, it is a
 *  guide and no more. */
import { studentT } from './student-t.ts';

/** One measurement. Where it has no value, or one that is not finite, it is left out of every figure, and
 *  named. */
export interface Replicate {
  readonly name: string;
  /** null: there is none, as of a run that failed. */
  readonly value: number | null;
}

export interface Summary {
  /** Replicates with a finite value: what the other figures are of. */
  readonly n: number;
  /** null: n = 0. */
  readonly mean: number | null;
  /** Of the sample, with n - 1 below the sum of squares; null: n < 2, which says nothing of the spread. */
  readonly deviation: number | null;
  /** mean -+ t s / sqrt(n), two-sided, 95 % by Student's t with n - 1 degrees of freedom; null: n < 2. */
  readonly interval: readonly [low: number, high: number] | null;
  /** Names of replicates without a value, and of those whose value is not finite. */
  readonly missing: readonly string[];
  readonly notFinite: readonly string[];
}

const level = 0.95;

export function summarise(replicates: readonly Replicate[]): Summary {
  const values = replicates.flatMap(({ value }) => (value !== null && Number.isFinite(value) ? [value] : []));
  const named = (holds: (value: number | null) => boolean): string[] =>
    replicates.filter(({ value }) => holds(value)).map(({ name }) => name);
  const n = values.length;
  const mean = n === 0 ? null : meanOf(values);
  const deviation =
    mean === null || n < 2 ? null : Math.hypot(...values.map((value) => value - mean)) / Math.sqrt(n - 1);
  return {
    n,
    mean,
    deviation,
    interval: mean === null || deviation === null ? null : intervalOf(mean, deviation, n),
    missing: named((value) => value === null),
    notFinite: named((value) => value !== null && !Number.isFinite(value)),
  };
}

/** Of a - b, by the names that both have. Where the two share their noise, this interval is narrower than
 *  those of either; 0 within it: no difference is seen. */
export function pairedDifference(a: readonly Replicate[], b: readonly Replicate[]): Summary {
  const others = new Map(b.map(({ name, value }) => [name, value]));
  return summarise(
    a.flatMap(({ name, value }) => {
      const other = others.get(name);
      return other === undefined
        ? []
        : [{ name, value: value === null || other === null ? null : value - other }];
    }),
  );
}

/** From the first value on, so that equal values have just that mean. */
function meanOf(values: readonly number[]): number {
  const first = values[0]!;
  return first + values.reduce((sum, value) => sum + (value - first), 0) / values.length;
}

function intervalOf(mean: number, deviation: number, n: number): [number, number] {
  const half = (studentT(level, n - 1) * deviation) / Math.sqrt(n);
  return [mean - half, mean + half];
}
