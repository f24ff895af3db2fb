/** Works on a run until it ends: a worker beside us, progress on the terminal, everything in good order afterwards. */
import type { Layout } from '../layout.ts';
import { createDisplay, type Display } from './display.ts';
import { explainEnd } from './explain-end.ts';
import { followRun } from './follow.ts';
import type { Ground } from './ground.ts';
import { withWorker } from './with-worker.ts';

/** Throws CliError if the run fails, is cancelled or we are interrupted; the run then stays resumable. */
export async function attend(ground: Ground, layout: Layout, runId: string, display: Display = createDisplay()): Promise<void> {
  await withWorker(ground, layout, `resume ${runId}`, display, signal =>
    followRun(ground.client, { runId, uiUrl: ground.uiUrl }, display, signal).catch((error: unknown) => {
      throw explainEnd(runId, error);
    }));
}
