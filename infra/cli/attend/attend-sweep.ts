/** Stays with a sweep to its end: progress and a table for people, or an event a line for programs. */
import type { SweepHandle } from '../../client/sweep-handle.ts';
import { eventDisplay } from '../../client/runs/event-queue.ts';
import type { AttendedSweep } from '../../client/sweeps/attend-sweep.ts';
import { createDisplay } from './display.ts';
import { interruptible } from './interruptible.ts';
import { printEvent, printEvents } from './print-events.ts';
import { printSweep } from './print-sweep.ts';

/** `begin`: left out where it is under way, or completed. Throws CounterflowError where it does not
 *  complete. */
export async function attendSweep(
  out: string,
  sweep: SweepHandle,
  json: boolean,
  begin?: AttendedSweep['begin'],
): Promise<void> {
  const resume = `sweep resume ${sweep.id}`;
  if (json)
    return interruptible(resume, eventDisplay({ sweep: sweep.id }, printEvent), (signal) =>
      printEvents(sweep.follow({ signal, ...(begin && { begin }) })),
    );
  const display = createDisplay();
  await interruptible(resume, display, (signal) => sweep.attend(display, signal, begin));
  await printSweep(out, sweep.id);
}
