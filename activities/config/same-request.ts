/** Whether two requests ask for the same: what is computed, not where, when or by which command. */
import type { RunRequest } from '../contracts/run.ts';
import { withDataSeed } from './data-seed.ts';
import { flatten, type Scalar } from './dotted.ts';

export interface Difference {
  /** As `--set` and the options call it. */
  readonly name: string;
  readonly asked: Scalar;
  readonly stored: Scalar;
}

/** Empty: the same. */
export function differences(asked: RunRequest, stored: RunRequest): Difference[] {
  const [one, other] = [valuesOf(asked), valuesOf(stored)];
  const names = [...new Set([...one.keys(), ...other.keys()])];
  return names
    .map((name) => ({ name, asked: one.get(name) ?? null, stored: other.get(name) ?? null }))
    .filter((value) => value.asked !== value.stored);
}

/** As the run was begun: without what `resume` has changed since. */
export function asBegun({ until: _, ...request }: RunRequest): RunRequest {
  const first = (request.amended ?? []).filter(
    ({ training }, i, all) => all.findIndex((one) => one.training === training) === i,
  );
  return {
    ...request,
    config: {
      ...request.config,
      ...Object.fromEntries(first.map(({ training, before }) => [training, before])),
    },
  };
}

export const shown = (value: Scalar): string =>
  value === null ? 'not given' : typeof value === 'string' ? value : JSON.stringify(value);

/** Which checkpoints are kept decides nothing that is computed, and a request of an earlier version does not
 *  say it. */
const isOfCheckpoints = /(^|\.)checkpoints\./;

function valuesOf({
  experiment,
  config,
  dataDir,
  features,
  reference = null,
  initialFlow,
  fresh,
  until,
}: RunRequest): Map<string, Scalar> {
  const asked = flatten({
    experiment: experiment,
    ...withDataSeed(config),
    '--data-dir': dataDir,
    '--features': features,
    '--reference': reference,
    '--initial-flow': initialFlow?.artifact.sha256 ?? null,
    '--fresh': fresh,
    '--until': until ?? null,
  });
  return new Map(asked.filter(([name]) => !isOfCheckpoints.test(name)));
}
