/** Works on a run until it ends: a worker beside us, progress on the terminal, everything in good order afterwards. */
import type { Layout } from '../layout.ts';
import { createDisplay, type Display } from './display.ts';
import { explainEnd } from './explain-end.ts';
import { followRun } from './follow.ts';
import type { Ground } from './ground.ts';
import { differsSentence, replaceExecution } from './replace-execution.ts';
import { resumeFromArtifacts } from './reopen-run.ts';
import { withWorker } from './with-worker.ts';

/** Goes on in a new execution where the code of the workflows is another now. Throws CliError if the run fails, is cancelled or we are interrupted; the run
 *  then stays resumable. */
export async function attend(ground: Ground, layout: Layout, runId: string, display: Display = createDisplay()): Promise<void> {
  const { client, uiUrl } = ground;
  await withWorker(ground, layout, { own: runId, resume: `resume ${runId}` }, display, async (signal) => {
    for (;;) {
      const differing = await followRun(client, { runId, uiUrl }, display, signal).catch((error: unknown) => {
        throw explainEnd(runId, error);
      });
      if (differing === null) return;
      display.say(differsSentence(runId, differing));
      await replaceExecution(client, differing, () => resumeFromArtifacts(client, layout.out, runId));
    }
  });
}
