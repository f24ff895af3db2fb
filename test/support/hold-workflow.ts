/** Workflows for tests of the worker: one activity whose first attempt never ends by itself, one whose every
 *  attempt fails. */
import { proxyActivities } from '@temporalio/workflow';
import { evaluateQueue } from '../../workflows/shared/queues.ts';

interface HoldActivities {
  hold(folder: string): Promise<number>;
  starve(folder: string): Promise<void>;
  echo(word: string): Promise<string>;
}

// `hold` waits a minute for heartbeats: a test that is over sooner shows that the worker itself handed the
// activity back
const { hold, starve } = proxyActivities<HoldActivities>({
  startToCloseTimeout: '5 min',
  heartbeatTimeout: '1 min',
  retry: { initialInterval: '100 ms' },
});
const { echo } = proxyActivities<HoldActivities>({ startToCloseTimeout: '10 s', taskQueue: evaluateQueue });

/** Returns the attempt of `hold` that came to an end. */
export async function holdOnce(folder: string): Promise<number> {
  return hold(folder);
}

export async function starved(folder: string): Promise<void> {
  return starve(folder);
}

export async function echoed(word: string): Promise<string> {
  return echo(word);
}
