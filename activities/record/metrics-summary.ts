/** How a training began and how it ended: what the record says of it without its curve. */
import { ownFigure } from '../health/player-figures.ts';

/** Means over the first and over the last lines of metrics that a training kept; single batches say
 *  little. */
export interface MetricsSummary {
  readonly first: Readonly<Record<string, number>>;
  readonly last: Readonly<Record<string, number>>;
  /** Lines each mean is over. */
  readonly lines: number;
}

const meanOver = 10;
const told = ['value', 'accuracy', 'logProb', 'bitsPerDim', 'maxSample', 'gradNorm', 'heldOutDistance'];

export function summariseMetrics(lines: readonly Readonly<Record<string, unknown>>[]): MetricsSummary {
  const count = Math.min(meanOver, lines.length);
  return {
    first: meansOf(lines.slice(0, count)),
    last: meansOf(lines.slice(lines.length - count)),
    lines: count,
  };
}

/** Of each metric over the lines that have it: a step of the other player may not. */
function meansOf(lines: readonly Readonly<Record<string, unknown>>[]): Record<string, number> {
  return Object.fromEntries(
    [...told, ...ownFigures(lines)].flatMap((name) => {
      const values = lines
        .map((line) => line[name])
        .filter((value): value is number => typeof value === 'number');
      return values.length === 0
        ? []
        : [[name, values.reduce((sum, value) => sum + value, 0) / values.length]];
    }),
  );
}

/** Those of each player; a mean under the bare name is over the moves of both. */
const ownFigures = (lines: Parameters<typeof summariseMetrics>[0]): string[] =>
  [...new Set(lines.flatMap((line) => Object.keys(line)))].filter((name) =>
    told.includes(ownFigure(name)?.metric ?? ''),
  );
