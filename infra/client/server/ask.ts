/** A question to a server, for somebody who waits for a line or a page: an answer that does not come soon is
 *  none. */
import type { Client } from '@temporalio/client';

/** Shorter than anyone wants to wait: a query needs a worker that answers. */
const answerWithinMs = 3000;

/** null: no answer (no worker yet, a server that restarts), or an error. */
export async function ask<T>(client: Client, question: () => Promise<T>): Promise<T | null> {
  try {
    return await client.withDeadline(Date.now() + answerWithinMs, question);
  } catch {
    return null;
  }
}
