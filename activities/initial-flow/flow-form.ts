/** Whether a flow that a file holds is the one a configuration asks for. */
import type { FlowConfig } from '../../models/flow/config.ts';
import { BadInputError } from '../ports/data-errors.ts';
import { flatten, type Scalar } from '../config/dotted.ts';
import { shellQuoted } from '../config/shell-quoted.ts';

/** What the layout of a flow's weights hangs on. */
export interface FlowForm {
  readonly flow: FlowConfig;
  /** Of one datum: [dim] or [H, W, C]. */
  readonly shape: readonly number[];
}

/** `name` is the file's, for messages. Throws BadInputError, which names the first value that differs
 *  and the setting that asks for the file's flow. */
export function requireSameForm(held: FlowForm, asked: FlowForm, name: string): void {
  const [first, ...more] = differences(held.flow, asked.flow);
  if (first !== undefined) {
    const { path, there, here } = first;
    const others =
      more.length === 0
        ? ''
        : `, and ${more.length === 1 ? more[0]!.path : `${more.length} more values`} as well`;
    throw new BadInputError(
      `Expected ${name} to hold the flow that the configuration describes, `
        + `but ${path} is ${shown(there)} there and ${shown(here)} here${others}. `
        + `Ask for the file's flow with --set ${settingOf(held.flow, first, more.length === 0)}.`,
    );
  }
  if (held.shape.join() === asked.shape.join()) return;
  throw new BadInputError(
    `Expected ${name} to hold a flow for data of shape [${asked.shape}], as the data set has, got `
      + `one for [${held.shape}]. Give a flow of such data, or choose the data set it was trained on.`,
  );
}

interface Difference {
  /** As `--set` calls it. */
  readonly path: string;
  readonly there: Scalar | undefined;
  readonly here: Scalar | undefined;
}

function differences(held: FlowConfig, asked: FlowConfig): Difference[] {
  const [there, here] = [held, asked].map((flow) => new Map(flatten(flow, 'models.flow')));
  const paths = [...new Set([...there!.keys(), ...here!.keys()])];
  return paths
    .map((path) => ({ path, there: there!.get(path), here: here!.get(path) }))
    .filter((one) => one.there !== one.here);
}

/** The value alone where both flows have it, else the whole section: a value that is left out cannot be set
 *  by itself. */
function settingOf(held: FlowConfig, { path, there, here }: Difference, alone: boolean): string {
  const isSettable = alone && there !== undefined && here !== undefined;
  return shellQuoted(isSettable ? `${path}=${there}` : `models.flow=${JSON.stringify(held)}`);
}

const shown = (value: Scalar | undefined): string =>
  value === undefined ? 'left out' : JSON.stringify(value);

/** Throws BadInputError where a weight is NaN or infinite. `what` names the array. */
export function requireFinite(values: ArrayLike<number>, what: string): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    throw new BadInputError(
      `Expected finite weights in ${what}, got ${values[i]} at ${i} of ${values.length}. `
        + 'Give a checkpoint of before its training diverged.',
    );
  }
}
