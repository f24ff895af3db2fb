import type { SweepRecord } from '../../../activities/sweep/contracts.ts';
import { idleWorkflows, type OpenOf } from '../idle-workflows.ts';

/** Ids of the sweeps that are recorded as running while nobody works on them; those on a server somebody else runs are not judged. */
export async function idleSweeps(out: string, sweeps: readonly SweepRecord[], openOf?: OpenOf): Promise<ReadonlySet<string>> {
  return idleWorkflows(out, sweeps.filter(({ status, address }) => status === 'running' && address === null).map(({ sweep }) => sweep.id), openOf);
}
