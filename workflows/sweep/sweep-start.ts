/** What a sweep's execution is started with. */
import type { Sweep } from '../../activities/sweep/contracts.ts';
import { pageLink } from '../shared/page-link.ts';
import type { StartOptions } from '../shared/start-options.ts';
import { sweepPlan } from './rungs.ts';
import type { SweepRequest } from './sweep.ts';

/** What is recorded is not done again; where `failedAgain`, what failed is. */
export function sweepStart(sweep: Sweep, failedAgain: boolean): StartOptions<SweepRequest> {
  const {
    id,
    name,
    base: { title },
    objective: { metric },
  } = sweep;
  const request = { sweepId: id, plan: sweepPlan(sweep), metric, failedAgain };
  return {
    workflowId: id,
    args: [request],
    staticSummary: `${title}: sweep ${name}`,
    staticDetails: pageLink('sweeps', id),
  };
}
