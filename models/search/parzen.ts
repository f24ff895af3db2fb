/** A density on [0, 1], or on a few choices, from where things were observed: one kernel for each
 *  observation, and a wide one for what is not known. Source: Bergstra et al. 2011, section 4; kernel widths
 *  and weights as in Optuna's univariate TPE. */
import { normalCdf, normalDensity } from './normal-distribution.ts';

export interface Density {
  /** A place in [0, 1), drawn with the given uniforms. */
  draw(next: () => number): number;
  /** Of the place, or of the share of [0, 1) that it lies in. */
  at(place: number): number;
}

/** Normal kernels, cut off at 0 and 1. `shares`: of as many equal shares, each stands for one value; null: a
 *  continuum. */
export function parzen(places: readonly number[], shares: number | null): Density {
  const weights = weightsOf(places.length);
  const kernels = [...kernelsAt(places), { mean: 0.5, width: 1 }].map((kernel, i) => ({
    ...kernel,
    weight: weights[i]!,
    inside: massOf(kernel, 0, 1),
  }));
  return {
    draw: (next) => drawn(kernels[chosen(weights, next())]!, next),
    at: (place) => {
      const share = shares === null ? null : Math.floor(place * shares);
      return kernels.reduce(
        (sum, kernel) =>
          sum
          + (kernel.weight / kernel.inside)
            * (share === null
              ? normalDensity((place - kernel.mean) / kernel.width) / kernel.width
              : massOf(kernel, share / shares!, (share + 1) / shares!)),
        0,
      );
    },
  };
}

/** Of choices, which have no order: each observation speaks for its own, and a little for all. `observed`:
 *  numbers of choices. */
export function parzenOfChoices(observed: readonly number[], count: number): Density {
  const weights = weightsOf(observed.length);
  const little = 1 / (observed.length + 1);
  const masses = Array.from({ length: count }, (_, choice) =>
    weights.reduce(
      (sum, weight, i) =>
        sum
        + weight
          * (i === observed.length
            ? 1 / count
            : ((observed[i] === choice ? 1 : 0) + little) / (1 + count * little)),
      0,
    ),
  );
  return {
    draw: (next) => (chosen(masses, next()) + 0.5) / count,
    at: (place) => masses[Math.floor(place * count)]!,
  };
}

interface Kernel {
  readonly mean: number;
  readonly width: number;
}

/** As wide as the farther of an observation's two neighbours, 0 and 1 standing in where all are on one side,
 *  within bounds. */
function kernelsAt(places: readonly number[]): Kernel[] {
  const order = places.map((_, i) => i).sort((a, b) => places[a]! - places[b]!);
  const ends = [0, ...order.map((i) => places[i]!), 1];
  const least = 1 / Math.min(100, places.length + 2);
  const kernels: Kernel[] = [];
  for (const [rank, i] of order.entries()) {
    const [left, right] = [ends[rank + 1]! - ends[rank]!, ends[rank + 2]! - ends[rank + 1]!];
    const [first, last] = [rank === 0 && places.length > 1, rank === places.length - 1 && places.length > 1];
    kernels[i] = {
      mean: places[i]!,
      width: Math.max(least, first ? right : last ? left : Math.max(left, right)),
    };
  }
  return kernels;
}

/** Of the observations in their order, the last 25 full, older ones less; the wide kernel's stands last. They
 *  sum to 1. */
function weightsOf(count: number): number[] {
  const old = Math.max(0, count - 25);
  const weights = Array.from({ length: count }, (_, i) =>
    i >= old ? 1 : old === 1 ? 1 / count : 1 / count + ((1 - 1 / count) * i) / (old - 1),
  );
  const sum = weights.reduce((a, b) => a + b, 1);
  return [...weights, 1].map((weight) => weight / sum);
}

const massOf = ({ mean, width }: Kernel, from: number, to: number): number =>
  normalCdf((to - mean) / width) - normalCdf((from - mean) / width);

function chosen(weights: readonly number[], u: number): number {
  let rest = u;
  const found = weights.findIndex((weight) => (rest -= weight) < 0);
  return found === -1 ? weights.length - 1 : found;
}

/** Drawn again until it is inside: a kernel's mean is, so that a third of it at least lies there. */
function drawn({ mean, width }: Kernel, next: () => number): number {
  for (;;) {
    const place = mean + width * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    if (place >= 0 && place < 1) return place;
  }
}
