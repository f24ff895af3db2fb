/** Works on a run until it ends: a worker beside us, progress on the terminal, everything in good order
 *  afterwards. */
import type { Decision } from '../../../activities/contracts/decision.ts';
import type { Layout } from '../../store/layout.ts';
import { DecisionsSaid } from '../../client/runs/decisions-said.ts';
import type { Display } from '../../client/runs/display.ts';
import { createDisplay } from './display.ts';
import { explainEnd } from '../../client/runs/explain-end.ts';
import { followRun } from '../../client/runs/follow-run.ts';
import type { ServerConnection } from '../../client/server/server-connection.ts';
import { differsSentence, replaceExecution } from '../../client/runs/replace-execution.ts';
import { resumeFromArtifacts } from '../../client/runs/resume-run.ts';
import { withWorker } from '../../client/server/with-worker.ts';

/** Goes on in a new execution where the code of the workflows is another now. `before`: decisions that its
 *  record had before it was begun or resumed. Throws CliError if the run fails, is cancelled or we are
 *  interrupted; the run then stays resumable. */
export async function attend(
  connection: ServerConnection,
  layout: Layout,
  runId: string,
  before: readonly Decision[],
  display: Display = createDisplay(),
): Promise<void> {
  const { client, uiUrl } = connection;
  const said = new DecisionsSaid(runId, before, display);
  await withWorker(connection, layout, { own: runId, resume: `resume ${runId}` }, display, async (signal) => {
    for (;;) {
      const differing = await followRun(client, { runId, uiUrl }, display, said, signal).catch(
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
