/** A sweep's report as one self-contained page. */
import { renderSweep } from '../../../activities/report/sweep/render-sweep.ts';
import type { ReportedSweep, SweepResult } from '../../../activities/report/sweep/sweep-result.ts';
import { readMetrics } from '../records/run-records.ts';

/** Lines beyond these can no longer be told apart. */
const mostDrawn = 60;

export async function sweepPageOf(out: string, record: ReportedSweep, result: SweepResult): Promise<string> {
  const drawn = result.trials.filter(({ objective }) => objective !== null).slice(0, mostDrawn);
  return renderSweep(
    record,
    result,
    new Map(
      await Promise.all(drawn.map(async ({ runId }) => [runId, await readMetrics(out, runId)] as const)),
    ),
  );
}
