/** What a run's or a sweep's execution is started with, whoever starts it: a command line, a sweep, a
 *  schedule. */
import type { RunRequest } from '../../activities/contracts/run.ts';
import { pageLink } from './page-link.ts';

export interface StartOptions<Request> {
  readonly workflowId: string;
  readonly args: [Request];
  /** What Temporal's own user interface shows. */
  readonly staticSummary: string;
  readonly staticDetails: string;
}

export const runStart = (request: RunRequest): StartOptions<RunRequest> => ({
  workflowId: request.runId,
  args: [request],
  staticSummary: request.title,
  staticDetails: pageLink('runs', request.runId),
});

/** Of a run that was under way when it was looked at: where it has completed since, it is not begun again,
 *  and whoever starts it looks once more. */
export const runStartUnlessCompleted = (
  request: RunRequest,
  { underWay }: { readonly underWay?: true },
): StartOptions<RunRequest> & { readonly workflowIdReusePolicy?: 'ALLOW_DUPLICATE_FAILED_ONLY' } => ({
  ...runStart(request),
  ...(underWay && { workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY' as const }),
});
