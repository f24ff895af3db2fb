/** Stays with a run until it ends: progress for people, or an event a line for programs. */
import type { RunHandle } from '../../client/run-handle.ts';
import { eventDisplay } from '../../client/runs/event-queue.ts';
import { createDisplay } from './display.ts';
import { interruptible } from './interruptible.ts';
import { printEvent, printEvents } from './print-events.ts';

/** Throws CounterflowError if the run fails, is cancelled or we are interrupted; the run then stays
 *  resumable. */
export async function attendRun(run: RunHandle, json: boolean): Promise<void> {
  const resume = `resume ${run.id}`;
  if (json)
    return interruptible(resume, eventDisplay({ run: run.id }, printEvent), (signal) =>
      printEvents(run.follow({ signal })),
    );
  const display = createDisplay();
  await interruptible(resume, display, (signal) => run.attend(display, signal));
}
