/** Every combination of the values of each parameter; the last parameter changes fastest. */
import {
  numbersIn,
  valueAt,
  type Parameter,
  type Parameters,
  type Value,
  type ParameterValues,
} from './parameter.ts';

/** Combinations in all. */
export const gridSize = (parameters: Parameters): number =>
  Object.values(parameters).reduce((size, parameter) => size * gridValues(parameter).length, 1);

/** Combination `trial` of `gridSize(parameters)`, from 0. */
export function gridPoint(parameters: Parameters, trial: number): ParameterValues {
  let rest = trial;
  const reversed = Object.entries(parameters)
    .reverse()
    .map(([path, parameter]): [string, Value] => {
      const values = gridValues(parameter);
      const value = values[rest % values.length]!;
      rest = Math.floor(rest / values.length);
      return [path, value];
    });
  return Object.fromEntries(reversed.reverse());
}

function gridValues(parameter: Parameter): Value[] {
  if (parameter.kind === 'choice') return parameter.values;
  if (parameter.kind !== 'int')
    return Array.from({ length: parameter.points }, (_, i) => valueAt(parameter, i / (parameter.points - 1)));
  const all = numbersIn(parameter);
  const points = Math.min(all, parameter.points ?? all);
  return Array.from({ length: points }, (_, i) => parameter.min + Math.round((i * (all - 1)) / (points - 1)));
}
