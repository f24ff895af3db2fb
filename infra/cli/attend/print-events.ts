/** Events on standard output, one JSON object a line. */
import type { ExitCode } from '../../base/exit-codes.ts';
import { CounterflowError } from '../../base/user-error.ts';
import type { RunEvent, SweepEvent } from '../../client/runs/events.ts';

export function printEvent(event: RunEvent | SweepEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** Throws CounterflowError with what the last event tells, where that is no good end. */
export async function printEvents(events: AsyncIterable<RunEvent | SweepEvent>): Promise<void> {
  for await (const event of events) {
    printEvent(event);
    if (event.event === 'ended' && event.failure)
      throw new CounterflowError(event.failure.exitCode as ExitCode, event.failure.sentence);
  }
}
