/** Events of a run or a sweep for whoever iterates over them: what a display is shown and told, in order. */
import type { Display } from './display.ts';
import { now, type RunEvent, type SweepEvent } from './events.ts';

export type EventSubject = { readonly run: string } | { readonly sweep: string };
export type EventOf<S extends EventSubject> = S extends { readonly run: string } ? RunEvent : SweepEvent;

/** A display that makes an event of each thing that it is shown or told. */
export function eventDisplay<S extends EventSubject>(subject: S, give: (event: EventOf<S>) => void): Display {
  const made = (content: object): void =>
    give({ at: now(), ...subject, ...content } as unknown as EventOf<S>);
  return {
    show: ({ stage, elapsedSeconds, steps }) =>
      made({ event: 'progress', stage, elapsedSeconds, steps: [...steps] }),
    say: (sentence) => made({ event: 'said', sentence }),
    recall: (_, sentences) => {
      for (const sentence of sentences) made({ event: 'said', sentence, before: true });
    },
    close: () => undefined,
  };
}

/** The events of `work`, which is given the display that makes them, then `last`, which is told how it ended.
 *  Where whoever iterates leaves early, the signal of `work` is aborted and its end awaited. */
export async function* eventsOf<S extends EventSubject>(
  subject: S,
  signal: AbortSignal | undefined,
  work: (display: Display, signal: AbortSignal) => Promise<void>,
  last: (error: unknown) => Promise<EventOf<S>>,
): AsyncGenerator<EventOf<S>, void> {
  const left = new AbortController();
  const waiting: EventOf<S>[] = [];
  let wake: () => void = () => undefined;
  const display = eventDisplay(subject, (event) => {
    waiting.push(event);
    wake();
  });
  let isOver = false;
  const ended = work(display, signal === undefined ? left.signal : AbortSignal.any([signal, left.signal]))
    .then(
      () => null,
      (error: unknown) => error,
    )
    .finally(() => {
      isOver = true;
      wake();
    });
  try {
    yield { event: 'begun', at: now(), ...subject } as unknown as EventOf<S>;
    while (!isOver || waiting.length > 0) {
      const next = waiting.shift();
      if (next !== undefined) yield next;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
    yield await last(await ended);
  } finally {
    left.abort();
    await ended;
  }
}
