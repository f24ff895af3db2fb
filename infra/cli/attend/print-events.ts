/** Events on standard output, one JSON object a line. */
import type { Display } from '../../client/runs/display.ts';
import { now, type RunEvent, type SweepEvent } from '../../client/runs/events.ts';

export function printEvent(event: RunEvent | SweepEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

export function eventDisplay(subject: { readonly run: string } | { readonly sweep: string }): Display {
  return {
    show: ({ stage, elapsedSeconds, steps }) =>
      printEvent({
        event: 'progress',
        at: now(),
        ...subject,
        stage,
        elapsedSeconds,
        steps: [...steps] as Extract<RunEvent, { event: 'progress' }>['steps'],
      }),
    say: (sentence) => printEvent({ event: 'said', at: now(), ...subject, sentence }),
    recall: (_, sentences) => {
      for (const sentence of sentences)
        printEvent({ event: 'said', at: now(), ...subject, sentence, before: true });
    },
    close: () => undefined,
  };
}
