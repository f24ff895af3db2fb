/** A `--scale` at which a training would end within its warm-up, by rounding alone, is refused. */
import type { ExperimentConfig } from '../../../activities/config/experiment-config.ts';
import { endlessWarmups, type EndlessWarmup } from '../../../activities/config/warm-ups.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { exitCodes } from '../../base/exit-codes.ts';

/** `configAt`: the configuration at a scale, settings gone over it. What the configuration has without a
 *  scale is its own: a note says it. Throws CounterflowError, with the smallest scale from which on all
 *  trainings get beyond their warm-ups. */
export function requireWorkingScale(scale: number, configAt: (factor: number) => ExperimentConfig): void {
  const found = endlessWarmups(configAt(scale));
  if (found.length === 0) return;
  const own = new Set(endlessWarmups(configAt(1)).map(({ path }) => path));
  const isOfScale = ({ path }: EndlessWarmup): boolean => !own.has(path);
  const first = found.find(isOfScale);
  if (first === undefined) return;
  const larger = largerThan(scale);
  // rounding may spare a scale below one that does not work
  const smallest =
    larger[1 + larger.findLastIndex((factor) => endlessWarmups(configAt(factor)).some(isOfScale))] ?? 1;
  const training = first.path
    .split('.')
    .slice(0, first.path.startsWith('baselines.') ? 2 : 1)
    .join('.');
  throw new CounterflowError(
    exitCodes.badInput,
    `Expected --scale to leave each training updates beyond its warm-up, got ${scale}, where of `
      + `${training} ${first.effect} (${first.path} = ${first.value}). Take --scale ${smallest} or more, `
      + 'or set what warms up with --set.',
  );
}

/** Of two significant digits, up to 1. */
function largerThan(scale: number): number[] {
  const digits = Array.from({ length: 90 }, (_, i) => 10 + i);
  const lowest = Math.floor(Math.log10(scale)) - 1;
  const exponents = Array.from({ length: Math.max(0, -lowest) }, (_, i) => lowest + i);
  return exponents
    .flatMap((exponent) => digits.map((digit) => Number(`${digit}e${exponent}`)))
    .filter((factor) => factor > scale && factor < 1);
}
