import type { Client } from '@temporalio/client';
import type { Sweep } from '../../../activities/sweep/contracts.ts';
import { workflowQueue } from '../../../workflows/shared/queues.ts';
import { sweepStart } from '../../../workflows/sweep/sweep-start.ts';
import { isStarted } from '../runs/start-workflow.ts';

/** What is recorded is not done again; where `failedAgain`, what failed is. Returns whether it was started:
 *  somebody else may have, a moment before. */
export const startSweep = (client: Client, sweep: Sweep, failedAgain: boolean): Promise<boolean> =>
  isStarted(
    client.workflow.start('sweep', {
      ...sweepStart(sweep, failedAgain),
      taskQueue: workflowQueue,
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    }),
  );
