/** Moments of a run by its stages, as its workflow tells them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { StageName } from '../../../activities/contracts/names.ts';
import { statusQuery } from '../../../workflows/shared/status.ts';

/** `begin`: as soon as the stage is heard of. `inside`: after a share of the time it took undisturbed. `end`:
 *  about when it is over. */
export const places = ['inside', 'begin', 'end'] as const;
export type Place = (typeof places)[number];

const askEveryMs = 15;

/** Resolves at that moment of the stage. `seconds`: what it took undisturbed. */
export async function untilMoment(
  client: Client,
  runId: string,
  stage: StageName,
  place: Place,
  seconds: number,
  random: () => number,
): Promise<void> {
  await untilBegun(client, runId, stage);
  if (place === 'inside') await sleep(1000 * seconds * random());
  if (place === 'end') await sleep(1000 * seconds * (0.85 + 0.25 * random()));
}

async function untilBegun(client: Client, runId: string, stage: StageName): Promise<void> {
  for (;;) {
    const status = await client.workflow
      .getHandle(runId)
      .query(statusQuery)
      .catch(() => null); // no worker has taken it up yet
    if (status?.stages[stage] !== undefined) return;
    await sleep(askEveryMs);
  }
}
