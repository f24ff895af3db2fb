/** A run verified while others may work on it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { invocation } from '../../base/invocation.ts';
import { layoutOf } from '../../store/layout.ts';
import { verifyRun, type Verification } from '../../verify/verify-run.ts';
import { readRecord } from '../records/run-records.ts';
import { idleRuns } from './idle-runs.ts';

export interface SettledVerification extends Verification {
  /** Somebody works on it: what differs may just be about to be recorded. */
  readonly ongoing: boolean;
}

/** The record is written last, a moment after the files it speaks of. */
const settlesWithinMs = 2000;
const looks = 3;

/** Of a run that is worked on, what differs is looked at again. */
export async function verifySettled(out: string, id: string): Promise<SettledVerification> {
  for (let look = 1; ; look += 1) {
    const verification = await verifyRun(layoutOf(out), id, invocation);
    const ongoing = await isOngoing(out, id);
    if (verification.holds || !ongoing || look === looks) return { ...verification, ongoing };
    await sleep(settlesWithinMs);
  }
}

async function isOngoing(out: string, id: string): Promise<boolean> {
  const record = await readRecord(out, id).catch(() => null);
  return record?.status === 'running' && !(await idleRuns(out, [record])).has(id);
}
