/** How often a run was interrupted and what failed on the way, in one line. */
import type { ReportRecord } from './contract.ts';
import { html, type Markup } from './html.ts';
import { count, durationInWords, moment } from './number-format.ts';

/** Null of a record of an earlier version, which does not know. Attempts are those of the last execution:
 *  what was found again is not tried. */
export function executionsLine({ executions = [], steps = [] }: ReportRecord): Markup | null {
  if (executions.length === 0) return null;
  const [first, ...resumed] = executions;
  const seconds = executions.reduce((sum, one) => sum + one.seconds, 0);
  const failed = steps.reduce((sum, { failedAttempts = 0 }) => sum + failedAttempts, 0);
  const times =
    resumed.length === 0 ? '' : `, resumed ${resumed.map(({ startedAt }) => moment(startedAt)).join(', ')}`;
  const attempts =
    failed === 0
      ? 'No attempt at a step failed'
      : `${failed === 1 ? '1 attempt at a step failed and was' : `${count(failed)} attempts at steps failed and were`} `
        + 'made again';
  return html`<p>Computed in ${executions.length === 1 ? 'one execution' : `${count(executions.length)} executions`} (begun ${moment(first!.startedAt)}${times}), ${durationInWords(seconds)} of work.
${attempts}${resumed.length > 0 && ' in the last of them'}.</p>`;
}
