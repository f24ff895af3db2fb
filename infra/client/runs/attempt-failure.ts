/** As Temporal's worker and ours say it of activities that they were asked to leave. */
const isLeft = /^(the )?worker is shutting down\b/i;

/** Why an attempt failed, for people; null where nothing did: a worker that was stopped as planned leaves its
 *  activities to the next one. */
export const attemptFailure = (message: string | null | undefined): string | null =>
  message === null || message === undefined || isLeft.test(message) ? null : message;
