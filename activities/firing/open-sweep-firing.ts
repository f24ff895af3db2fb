/** What a firing of a schedule finds under the id of its sweep: nothing, a sweep that goes on, or one that
 *  was completed and stays as it is. */
import type { StoredServer } from '../contracts/run.ts';
import { BadInputError } from '../ports/data-errors.ts';
import { keptFile } from '../record/kept-file.ts';
import { otherName, refuseElsewhere, refuseOther } from './open-firing.ts';
import type { Ports } from '../ports/ports.ts';
import { requestFile } from '../record/record-request.ts';
import { flatten } from '../config/dotted.ts';
import { differences, type Difference } from '../config/same-request.ts';
import type { ActivityScope } from '../step/heartbeat.ts';
import type { OpenedSweepFiring, Sweep } from '../sweep/contracts.ts';
import { recordSweepRequest } from '../sweep/sweep-activities.ts';
import { failedOf, readSweep } from '../sweep/sweep-record.ts';

/** Throws BadInputError where the id is another sweep's, or a run's, or was begun on another server and is
 *  not completed; StorageError where the record is damaged. */
export async function openSweepFiring(
  ports: Ports,
  { sweep, ...server }: StoredServer & { readonly sweep: Sweep },
  scope: ActivityScope,
): Promise<OpenedSweepFiring> {
  const { id } = sweep;
  if ((await keptFile(ports, id, requestFile)) !== null)
    throw new BadInputError(`Expected a folder of a sweep, but ${id} is a run; ${otherName}`);
  const record = await readSweep(ports, id);
  if (record === null) {
    await recordSweepRequest(ports, { sweep, ...server }, scope);
    return { sweep, best: null, failed: 0, ended: null };
  }
  const { status, best, trials } = record;
  refuseOther(id, sweepDifferences(sweep, record.sweep));
  if (status === 'completed') return { sweep: null, best, failed: failedOf(trials), ended: null };
  refuseElsewhere(id, server, record, 'sweep resume');
  return { sweep: record.sweep, best: null, failed: 0, ended: status === 'running' ? null : status };
}

/** Of what decides trials and results. */
function sweepDifferences(asked: Sweep, stored: Sweep): Difference[] {
  const valuesOf = ({ parameters, sampler, seed, trials, objective, halving }: Sweep) =>
    new Map(flatten({ parameters, sampler, 'sampler seed': seed, trials, objective, halving }));
  const [one, other] = [valuesOf(asked), valuesOf(stored)];
  const own = [...new Set([...one.keys(), ...other.keys()])].map((name) => ({
    name,
    asked: one.get(name) ?? null,
    stored: other.get(name) ?? null,
  }));
  return [...own.filter((value) => value.asked !== value.stored), ...differences(asked.base, stored.base)];
}
