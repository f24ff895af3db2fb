/** Runs a program op by op in tfjs: for tests, for debugging, and as the reference that a replay must agree
 *  with. */
import { tf, type Tensor, type Values } from '../core/tensors.ts';
import type { Piece, Program, Session } from './program.ts';
import {
  checkAssigned,
  checkUpdate,
  copyFor,
  copyInputs,
  pieceBoundaries,
  dtypeOf,
  functionOf,
  variableOf,
} from './values.ts';

export class EagerSession implements Session {
  readonly #program: Program;
  readonly #variables: Record<string, Tensor> = {};

  constructor(program: Program) {
    this.#program = program;
  }

  run(name: string, inputs: Readonly<Record<string, Values | number>>): Record<string, Values> {
    const { inputs: specs, run } = functionOf(this.#program, name);
    const copies = copyInputs(name, specs, inputs);
    checkAssigned(Object.keys(this.#program.variables), (variable) => variable in this.#variables);
    const values: Record<string, Values> = {};
    const updates = tf.tidy(() => {
      const feeds = Object.fromEntries(
        Object.entries(copies).map(([key, value]) => [
          key,
          tf.tensor(value, [...specs[key]!.shape], specs[key]!.dtype),
        ]),
      );
      const result = run(this.#variables, feeds);
      for (const [key, output] of Object.entries(result.outputs)) values[key] = valuesOf(key, output);
      return Object.fromEntries(
        Object.entries(result.updates ?? {}).map(([key, update]) => {
          checkUpdate(this.#program, key, update);
          return [key, tf.clone(update)];
        }),
      );
    });
    for (const [key, update] of Object.entries(updates)) this.#replace(key, update);
    return values;
  }

  assign(values: Readonly<Record<string, Values | (() => Values)>>): void {
    for (const [name, value] of Object.entries(values)) {
      const spec = variableOf(this.#program, name);
      const copy = copyFor(`variable '${name}'`, spec, typeof value === 'function' ? value() : value);
      this.#replace(name, tf.tensor(copy, [...spec.shape], spec.dtype));
    }
  }

  read(names: readonly string[]): Record<string, Values> {
    names.forEach((name) => variableOf(this.#program, name));
    checkAssigned(names, (name) => name in this.#variables);
    return Object.fromEntries(names.map((name) => [name, valuesOf(name, this.#variables[name]!)]));
  }

  *pieces(names: readonly string[], length: number): Iterable<Piece> {
    for (const [name, values] of Object.entries(this.read(names))) {
      for (const { begin, size } of pieceBoundaries(values.length, length))
        yield { name, values: values.slice(begin, begin + size) };
    }
  }

  dispose(): void {
    for (const name of Object.keys(this.#variables)) {
      this.#variables[name]!.dispose();
      delete this.#variables[name];
    }
  }

  #replace(name: string, value: Tensor): void {
    const old = this.#variables[name];
    this.#variables[name] = tf.keep(value);
    old?.dispose();
  }
}

function valuesOf(name: string, tensor: Tensor): Values {
  dtypeOf(`'${name}'`, tensor.dtype);
  // A tensor that no op has touched gives out the memory it was made from.
  return (tensor.dataSync() as Values).slice();
}
