/** A sweep's report as one self-contained page. */
import { renderSweep } from '../../../activities/report/sweep/render-sweep.ts';
import { sweepResult } from '../../../activities/report/sweep/sweep-result.ts';
import { readMetrics } from '../run-files.ts';
import { readSweep } from './read-sweep.ts';

/** Lines beyond these can no longer be told apart. */
const mostDrawn = 60;

/** Throws CliError where there is no such sweep. */
export async function sweepPageOf(out: string, name: string): Promise<string> {
  const record = await readSweep(out, name);
  const result = sweepResult(record);
  const drawn = result.trials.filter(({ objective }) => objective !== null).slice(0, mostDrawn);
  return renderSweep(record, result, new Map(await Promise.all(drawn.map(async ({ runId }) => [runId, await readMetrics(out, runId)] as const))));
}
