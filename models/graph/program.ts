/** A program: variables, and the functions that work on them. It is written once and lives three ways: run
 *  eagerly (`eager-session.ts`), recorded and replayed as one TensorFlow graph, or translated to ONNX
 *  (`onnx.ts`). */
import type { Tensors, TensorSpec, Values } from '../core/tensors.ts';

export interface ProgramFunction {
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  /** Pure: same variables and inputs, same result. Reads no values, draws no JavaScript randomness, branches
   *  on no data. `updates` are assigned to the variables of those names after everything else was
   *  computed. */
  run(variables: Tensors, inputs: Tensors): { outputs: Tensors; updates?: Tensors };
}

export interface Program {
  readonly variables: Readonly<Record<string, TensorSpec>>;
  readonly functions: Readonly<Record<string, ProgramFunction>>;
}

/** Values of a variable that follow on those of the piece before, if that was of the same one. */
export interface Piece {
  readonly name: string;
  readonly values: Values;
}

/** A place where a program runs; its variables live there until `dispose`. */
export interface Session {
  /** Runs one function, returns its outputs' values. A number stands for a scalar. */
  run(name: string, inputs: Readonly<Record<string, Values | number>>): Record<string, Values>;
  /** Sets variables, bit for bit. What is a function is called when it is that variable's turn. */
  assign(values: Readonly<Record<string, Values | (() => Values)>>): void;
  /** Reads variables, bit for bit. */
  read(names: readonly string[]): Record<string, Values>;
  /** Reads one variable after another, bit for bit, `length` values at a time: large ones are not held a
   *  second time. */
  pieces(names: readonly string[], length: number): Iterable<Piece>;
  dispose(): void;
}
