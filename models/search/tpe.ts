/** The tree-structured Parzen estimator: values that the best trials have more often than the others. Each
 *  parameter by itself. Of candidates drawn from l, the one with the largest l / g: that with the largest
 *  expected improvement. Source: Bergstra et al. 2011, section 4 */
import { uniform } from '../core/random.ts';
import {
  numbersIn,
  unitPlace,
  valueAt,
  type Parameter,
  type Parameters,
  type Value,
  type ParameterValues,
} from './parameter.ts';
import { parzen, parzenOfChoices, type Density } from './parzen.ts';

/** A trial that has ended. */
export interface ScoredPoint {
  readonly values: ParameterValues;
  /** Smaller is better; null: it failed, which is worse than any. */
  readonly loss: number | null;
}

/** `observations`: in the order of their trials. */
export function tpePoint(
  parameters: Parameters,
  seed: number,
  trial: number,
  observations: readonly ScoredPoint[],
  candidates: number,
): ParameterValues {
  const good = bestObservations(observations);
  return Object.fromEntries(
    Object.entries(parameters).map(([path, parameter]) => {
      const at = (wanted: boolean): Value[] =>
        observations.filter((one) => good.has(one) === wanted).map(({ values }) => values[path]!);
      const [l, g] = [densityOf(parameter, at(true)), densityOf(parameter, at(false))];
      const next = uniform(seed, `tpe/${trial}/${path}`);
      const places = Array.from({ length: candidates }, () => l.draw(next));
      const ratio = (place: number): number => l.at(place) / g.at(place);
      return [
        path,
        valueAt(
          parameter,
          places.reduce((best, place) => (ratio(place) > ratio(best) ? place : best)),
        ),
      ];
    }),
  );
}

/** A tenth of them, 25 at most; of equals the earlier. */
export function bestObservations(observations: readonly ScoredPoint[]): ReadonlySet<ScoredPoint> {
  const worst = ({ loss }: ScoredPoint): number => loss ?? Infinity;
  // of two that failed the difference is not a number
  const sorted = [...observations].sort((a, b) => (worst(a) === worst(b) ? 0 : worst(a) - worst(b)));
  return new Set(sorted.slice(0, Math.min(25, Math.ceil(observations.length / 10))));
}

export function densityOf(parameter: Parameter, values: readonly Value[]): Density {
  const places = values.map((value) => unitPlace(parameter, value));
  if (parameter.kind === 'choice')
    return parzenOfChoices(
      places.map((place) => Math.floor(place * parameter.values.length)),
      parameter.values.length,
    );
  return parzen(places, parameter.kind === 'int' ? numbersIn(parameter) : null);
}
