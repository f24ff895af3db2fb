/** Plain values on their way into and out of a program, checked against what it declares. */
import { ConfigError, ShapeError } from '../core/errors.ts';
import type { DType, TensorSpec, Values } from '../core/tensors.ts';
import type { Program, ProgramFunction } from './program.ts';

export const dtypeBytes = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export function functionOf(program: Program, name: string): ProgramFunction {
  const found = program.functions[name];
  if (!found)
    throw new ConfigError(
      `Expected one of the program's functions (${Object.keys(program.functions)}), got '${name}'.`,
    );
  return found;
}

export function variableOf(program: Program, name: string): TensorSpec {
  const found = program.variables[name];
  if (!found)
    throw new ConfigError(
      `Expected one of the program's variables (${Object.keys(program.variables)}), got '${name}'.`,
    );
  return found;
}

/** A private copy of `given`: TensorFlow shares a typed array's memory, and the caller may change it
 *  later. */
export const copyFor = (what: string, spec: TensorSpec, given: Values | number | undefined): Values =>
  checkedFor(what, spec, given).slice();

/** `given` itself, once it is what `spec` asks for; a number as an array of one. Throws ConfigError,
 *  ShapeError. */
export function checkedFor(what: string, spec: TensorSpec, given: Values | number | undefined): Values {
  if (given === undefined) throw new ConfigError(`Expected a value for ${what}, got none.`);
  const array = spec.dtype === 'int32' ? Int32Array : Float32Array;
  const values = typeof given === 'number' ? array.of(given) : given;
  if (!(values instanceof array))
    throw new ConfigError(`Expected ${spec.dtype} values for ${what}, got a ${values.constructor.name}.`);
  if (values.length !== dtypeBytes(spec.shape)) {
    throw new ShapeError(
      `Expected ${dtypeBytes(spec.shape)} values for ${what} [${spec.shape}], got ${values.length}.`,
    );
  }
  return values;
}

/** One value for each declared input, and nothing else. */
export function copyInputs(
  name: string,
  specs: ProgramFunction['inputs'],
  given: Readonly<Record<string, Values | number>>,
): Record<string, Values> {
  const unknown = Object.keys(given).filter((key) => !(key in specs));
  if (unknown.length > 0)
    throw new ConfigError(`Expected only the inputs of '${name}' (${Object.keys(specs)}), got ${unknown}.`);
  return Object.fromEntries(
    Object.entries(specs).map(([key, spec]) => [
      key,
      copyFor(`input '${key}' of '${name}'`, spec, given[key]),
    ]),
  );
}

/** An output or update must be of a type that leaves the graph: float32 or int32. */
export function dtypeOf(what: string, dtype: string): DType {
  if (dtype === 'float32' || dtype === 'int32') return dtype;
  throw new ConfigError(`Expected ${what} to be float32 or int32, got ${dtype}. Cast it first.`);
}

/** An update must fit its variable. */
export function checkUpdate(
  program: Program,
  name: string,
  update: { readonly shape: readonly number[]; readonly dtype: string },
): void {
  const spec = variableOf(program, name);
  if (update.dtype !== spec.dtype || update.shape.join() !== spec.shape.join()) {
    throw new ShapeError(
      `Expected the update of variable '${name}' to be ${spec.dtype} [${spec.shape}], got `
        + `${update.dtype} [${update.shape}].`,
    );
  }
}

/** Running or reading a program before its variables have values is a mistake of the caller. */
export function checkAssigned(names: readonly string[], has: (name: string) => boolean): void {
  const missing = names.filter((name) => !has(name));
  if (missing.length > 0)
    throw new ConfigError(
      `Expected variables to be assigned before use, got none for ${missing}. Call assign() first.`,
    );
}

/** `count` values, `length` at a time; one empty piece where there are none. */
export function pieceBoundaries(
  count: number,
  length: number,
): { readonly begin: number; readonly size: number }[] {
  return Array.from({ length: Math.max(1, Math.ceil(count / length)) }, (_, i) => ({
    begin: i * length,
    size: Math.min(length, count - i * length),
  }));
}
