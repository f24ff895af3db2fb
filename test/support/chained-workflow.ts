/** The workflows of Counterflow, and one that continues as new, which a training only does after thousands of
 *  events. */
import { continueAsNew } from '@temporalio/workflow';

export * from '../../workflows/index.ts';

export async function chained(links: number): Promise<void> {
  if (links > 1) await continueAsNew<typeof chained>(links - 1);
}
