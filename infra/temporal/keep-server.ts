/** A worker's own server, started again when it was killed: at the address that the worker, its siblings and
 *  the command lines know. */
import { setTimeout as sleep } from 'node:timers/promises';
import { layoutOf } from '../store/layout.ts';
import { ensureServer } from './dev-server.ts';
import { findServer } from './find-server.ts';
import { roomForServer } from './room-for-server.ts';
import { ServerError } from './server-error.ts';

export interface KeptServer {
  readonly out: string;
  readonly address: string;
  readonly namespace?: string | undefined;
  /** As `ensureServer` has it. */
  readonly tends?: boolean;
}

const lookEveryMs = 1000;

/** Until `signal` is aborted. Throws ServerError where the server cannot be had again at its address. */
export async function keepServer(
  { out, address, namespace, tends }: KeptServer,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<void> {
  const lookForRoom = roomForServer(layoutOf(out), say);
  while (!signal.aborted) {
    await lookForRoom();
    if ((await findServer(out)) === null) {
      const again = await ensureServer({ out, namespace, ...(tends !== undefined && { tends }) });
      if (again.address !== address)
        throw new ServerError(
          `The Temporal server ended and another program took its port, ${address}; the new server `
            + `is at ${again.address}. Start the worker again.`,
        );
      if (again.startedHere) say(`The Temporal server had ended; it is back at ${address}.`);
    }
    await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
}
