/** How long a sweep will take, by first updates of its first trials. */
import type { Projection, Sweep } from '../../../activities/sweep/contracts.ts';
import { keepProjection, removeSweep } from '../records/sweep-records.ts';
import type { Display } from '../runs/display.ts';
import { storedIn, type ServerConnection } from '../server/server-connection.ts';
import { benchmarkTrials, removeBenchmarks } from './measure-trials.ts';
import { projectionLines } from './projection.ts';

export interface Projecting {
  readonly connection: ServerConnection;
  readonly sweep: Sweep;
  readonly out: string;
  readonly display: Display;
  readonly signal: AbortSignal;
  /** Told where what was measured by cannot be removed. */
  readonly say: (line: string) => void;
}

/** As lines, once the sweep's record has it. Throws CounterflowError; nothing of the sweep stays then. */
export async function projectedLines(projecting: Projecting): Promise<string[]> {
  const { sweep, out } = projecting;
  const projection = await projectSweep(projecting);
  await keepProjection(out, sweep.id, projection);
  return projectionLines(sweep, projection);
}

/** What is no sweep yet goes where it cannot begin. */
export async function projectSweep(projecting: Projecting): Promise<Projection> {
  const { connection, sweep, out, display, signal } = projecting;
  try {
    return await benchmarkTrials(connection, sweep, out, storedIn(connection), display, signal);
  } catch (error) {
    if (!signal.aborted) await removeProjected(projecting);
    throw error;
  }
}

/** Removes the sweep and the runs that it was measured by; what these computed stays. Never throws: what
 *  ended the measuring is told first. */
export async function removeProjected({
  connection,
  sweep,
  out,
  say,
}: Pick<Projecting, 'connection' | 'sweep' | 'out' | 'say'>): Promise<void> {
  try {
    await removeSweep(out, sweep.id);
    await removeBenchmarks(connection.client, sweep, out);
  } catch (error) {
    say(`What ${sweep.id} was measured by could not be removed: ${(error as Error).message}`);
  }
}
