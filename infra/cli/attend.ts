/** Works on a run until it ends: a worker beside us, progress on the terminal, everything in good order afterwards. */
import type { Layout } from '../layout.ts';
import { createDisplay, type Display } from './display.ts';
import { explainEnd } from './explain-end.ts';
import { followRun } from './follow.ts';
import type { Ground } from './ground.ts';
import { catchInterrupts } from './interrupt.ts';
import { invocation } from './invocation.ts';
import { superviseWorker } from './worker-supervisor.ts';

/** Throws CliError if the run fails, is cancelled or we are interrupted; the run then stays resumable. */
export async function attend(ground: Ground, layout: Layout, runId: string, display: Display = createDisplay()): Promise<void> {
  const interrupt = catchInterrupts(`Interrupted; \`${invocation} resume ${runId}\` goes on where it was.`, () => {
    display.say('Stopping the worker; once more Ctrl-C ends at once.');
  });
  const worker = superviseWorker(layout, ground.address, line => display.say(line));
  try {
    await followRun(ground.client, { runId, uiUrl: ground.uiUrl }, display, AbortSignal.any([interrupt.signal, worker.failed]));
  } catch (error) {
    throw explainEnd(runId, error);
  } finally {
    display.close();
    await worker.stop();
    interrupt.release();
  }
}
