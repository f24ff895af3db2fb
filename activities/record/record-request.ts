/** Keeps what a run was asked for, from before it begins: what a resumed run starts from. */
import type { StoredRequest } from '../contracts/run.ts';
import type { Ports } from '../ports/ports.ts';
import { sealed } from '../formats/sealed-json.ts';
import type { ActivityScope } from '../step/heartbeat.ts';

export const requestFile = 'request.json';

export const requestText = (stored: StoredRequest): string => `${sealed(stored, 2)}\n`;

export async function recordRequest(
  { runs }: Ports,
  stored: StoredRequest,
  { attempt }: ActivityScope,
): Promise<void> {
  const { runId } = stored.request;
  await runs.claiming(runId, attempt, (claim) => runs.write(runId, requestFile, requestText(stored), claim));
}
