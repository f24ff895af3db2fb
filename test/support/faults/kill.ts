/** kill -9 of a workshop's worker or of its compute processes; a supervisor starts them again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { untilGone } from '../processes.ts';
import { computesOf, workersOf } from './processes-of.ts';
import type { Workshop } from './workshop.ts';

export type Victim = 'worker' | 'compute';

/** Waits until there is one. */
export async function kill(workshop: Workshop, victim: Victim): Promise<void> {
  const find = (): number[] => (victim === 'worker' ? workersOf : computesOf)(workshop.layout);
  let pids = find();
  for (; pids.length === 0; pids = find()) await sleep(20);
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await Promise.all(pids.map((pid) => untilGone(pid, 5000)));
  if (victim === 'worker') await workshop.afterDeath();
}
