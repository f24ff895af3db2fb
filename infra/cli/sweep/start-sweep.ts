import type { Client } from '@temporalio/client';
import type { Sweep } from '../../../activities/sweep/contracts.ts';
import { pageLink } from '../../../workflows/page-link.ts';
import { workflowQueue } from '../../../workflows/queues.ts';
import { sweepPlan } from '../../../workflows/rungs.ts';
import type { SweepRequest } from '../../../workflows/sweep.ts';

/** What is recorded is not done again; where `failedAgain`, what failed is. */
export async function startSweep(client: Client, sweep: Sweep, failedAgain: boolean): Promise<void> {
  const request: SweepRequest = { sweepId: sweep.id, plan: sweepPlan(sweep), metric: sweep.objective.metric, failedAgain };
  await client.workflow.start('sweep', {
    workflowId: sweep.id, taskQueue: workflowQueue, workflowIdReusePolicy: 'ALLOW_DUPLICATE', args: [request], staticSummary: `${sweep.base.title}: sweep ${sweep.name}`,
    staticDetails: pageLink('sweeps', sweep.id),
  });
}
