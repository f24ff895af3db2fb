/** Works on a run until it ends, with a worker beside us. */
import type { Decision } from '../../../activities/contracts/decision.ts';
import type { Layout } from '../../store/layout.ts';
import type { ServerConnection } from '../server/server-connection.ts';
import { withWorker } from '../server/with-worker.ts';
import { DecisionsSaid } from './decisions-said.ts';
import type { Display } from './display.ts';
import { explainEnd } from './explain-end.ts';
import { followRun } from './follow-run.ts';
import { differsSentence, replaceExecution } from './replace-execution.ts';
import { resumeFromArtifacts } from './resume-run.ts';

export interface AttendedRun {
  readonly runId: string;
  /** Decisions that its record had before it was begun or resumed. */
  readonly before: readonly Decision[];
  /** Aborted where whoever attends leaves; the run stays resumable. */
  readonly signal: AbortSignal;
}

/** Goes on in a new execution where the code of the workflows is another now. Throws CounterflowError if the
 *  run fails or is cancelled, and the signal's reason once it is aborted. */
export async function attendRun(
  connection: ServerConnection,
  layout: Layout,
  { runId, before, signal }: AttendedRun,
  display: Display,
): Promise<void> {
  const { client, uiUrl } = connection;
  const said = new DecisionsSaid(runId, before, display);
  const use = { own: runId, resume: `resume ${runId}`, signal };
  await withWorker(connection, layout, use, display, async (over) => {
    for (;;) {
      const differing = await followRun(client, { runId, uiUrl }, display, said, over).catch(
        (error: unknown) => {
          throw explainEnd(runId, error);
        },
      );
      if (differing === null) return;
      display.say(differsSentence(runId, differing));
      await replaceExecution(client, differing, () => resumeFromArtifacts(client, layout.out, runId));
    }
  });
}
