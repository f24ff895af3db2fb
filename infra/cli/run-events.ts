/** What `run --json` and `resume --json` print while a run goes on: one JSON object a line. Fields are added, not renamed or removed. */
import { z } from 'zod';
import type { Display } from './display.ts';

const at = z.iso.datetime().describe('when it was printed');
const run = z.string().describe('id of the run');
const step = z.object({
  name: z.string().describe('training, or another activity'), phase: z.string(), attempt: z.int(), failure: z.string().nullable().describe('why the attempt before this one failed'),
  count: z.object({ done: z.number(), total: z.number() }).nullable(), perSecond: z.number().nullable(), metrics: z.record(z.string(), z.number()),
});

export const runEventSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('begun'), at, run }),
  z.object({ event: z.literal('progress'), at, run, stage: z.string().nullable(), elapsedSeconds: z.number(), steps: z.array(step) }),
  z.object({ event: z.literal('said'), at, run, sentence: z.string().describe('a decision of the pipeline, a worker started again') }),
  z.object({
    event: z.literal('ended'), at, run, status: z.string(), results: z.unknown(), report: z.string().nullable().describe('path of report.html'),
    failure: z.object({ sentence: z.string(), exitCode: z.int() }).optional().describe('of a run that did not complete, or that was left: why, and what the command exits with'),
  }),
]);
export type RunEvent = z.infer<typeof runEventSchema>;

export function printEvent(event: RunEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

export function eventDisplay(run: string): Display {
  const now = (): string => new Date().toISOString();
  return {
    show: ({ stage, elapsedSeconds, steps }) => printEvent({ event: 'progress', at: now(), run, stage, elapsedSeconds, steps: [...steps] as Extract<RunEvent, { event: 'progress' }>['steps'] }),
    say: (sentence) => printEvent({ event: 'said', at: now(), run, sentence }),
    close: () => undefined,
  };
}
