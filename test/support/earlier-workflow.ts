/** The workflows as an earlier version may have had them: a run, or its contrast, waits a moment before it
 *  begins, which today's do not. */
import { sleep } from '@temporalio/workflow';
import type { RunRequest } from '../../activities/contracts/run.ts';
import { reproduce as reproduceNow, type RunOutcome } from '../../workflows/run/reproduce.ts';
import { train as trainNow, type TrainRequest } from '../../workflows/training/train.ts';

export { scheduled } from '../../workflows/schedule/scheduled-run.ts';
export { sweep } from '../../workflows/sweep/sweep.ts';

const momentMs = 1;

/** A run whose id begins with `training` is today's itself, and its trainings are not. */
const isOfTraining = (runId: string): boolean => runId.startsWith('training');

export async function reproduce(request: RunRequest): Promise<RunOutcome> {
  if (!isOfTraining(request.runId)) await sleep(momentMs);
  return reproduceNow(request);
}

export async function train(request: TrainRequest): ReturnType<typeof trainNow> {
  await sleep(momentMs);
  return trainNow(request);
}
