/** A training set that is too large for a variable of the graph. The row numbers of an update are drawn
 *  inside the graph as ever; the rows are read outside, and fed to the update's steps as their input `data`,
 *  which they take where they would find the variable of that name. */
import { ConfigError } from '../core/errors.ts';
import type { Program, ProgramFunction, Session } from '../graph/program.ts';
import { foldIn } from '../graph/random.ts';
import type { Values } from '../core/tensors.ts';
import { dataSpec, drawRows, type DataForm } from './batch.ts';

/** A training set that lies elsewhere, in the form of its variable. */
export interface DataRows {
  readonly count: number;
  /** The rows of these numbers, in their order; a number may come again. */
  gather(indices: Int32Array): Values;
}

const drawn = 'data.rows';

/** The same steps, each with an input `data`, the rows int32 [batchSize, H*W*C/4] that its update draws. */
export function withFedRows(
  steps: Readonly<Record<string, ProgramFunction>>,
  form: DataForm,
  batchSize: number,
): Record<string, ProgramFunction> {
  const data = dataSpec({ ...form, count: batchSize });
  return Object.fromEntries(
    Object.entries(steps).map(([name, { inputs, run }]) => [
      name,
      {
        inputs: { ...inputs, data },
        run: (variables, given) => run({ ...variables, data: given.data! }, given),
      } satisfies ProgramFunction,
    ]),
  );
}

/** What a program has in place of the variable: the function that tells an update's row numbers, int32
 *  [batchSize]. */
export const rowsFunction = (form: DataForm, batchSize: number): Record<string, ProgramFunction> => ({
  [drawn]: {
    inputs: { key: { shape: [2], dtype: 'int32' }, update: { shape: [], dtype: 'int32' } },
    run: (_, { key, update }) => ({ outputs: { rows: drawRows(form, batchSize, foldIn(key!, update!)) } }),
  },
});

/** What a step is fed beside its own numbers: its update's rows, or nothing where it draws none, or from a
 *  variable. Throws ConfigError where there are no rows to read. */
export function fedTo(
  step: string,
  { program }: { readonly program: Program },
  session: Session,
  at: { readonly key: Int32Array; readonly update: number },
  data: DataRows | null,
): { readonly data?: Values } {
  if (!('data' in program.functions[step]!.inputs)) return {};
  if (data === null)
    throw new ConfigError(
      `Expected the rows of the training set, which step '${step}' is fed, got none. Hand them to updates().`,
    );
  return { data: data.gather(session.run(drawn, at).rows as Int32Array) };
}
