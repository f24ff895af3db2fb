/** The Temporal server of `<out>`, as its record tells: without a client, whose loading takes longer than a
 *  short command. */
import { layoutOf } from '../store/layout.ts';
import { isRunning } from './process-identity.ts';
import { readServerRecord, type ServerRecord } from './server-record.ts';

export interface ServerHandle {
  /** HOST:PORT for clients and workers. */
  readonly address: string;
  /** null for a server somebody else runs. */
  readonly uiUrl: string | null;
  readonly startedHere: boolean;
  readonly pid: number | null;
  /** Where an earlier database is kept that could not be read, so that a new one was begun. */
  readonly setAside: string | null;
}

/** null where none is running; starts nothing. */
export async function findServer(out: string): Promise<ServerHandle | null> {
  const record = await readServerRecord(layoutOf(out));
  return record && isRunning(record) ? handleOf(record) : null;
}

export function handleOf({ address, uiUrl, pid }: ServerRecord): ServerHandle {
  return { address, uiUrl, pid, startedHere: false, setAside: null };
}
