import { join } from 'node:path';
import { layoutOf, runFolder } from '../layout.ts';
import { attend } from './attend.ts';
import type { Ground } from './ground.ts';
import { eventDisplay, printEvent } from './run-events.ts';
import { readRecord } from './run-files.ts';

/** As `attend`, for programs: an event a line, the last when the run is completed. `ground`: null where it is. */
export async function attendWithEvents(ground: Ground | null, out: string, run: string): Promise<void> {
  printEvent({ event: 'begun', at: new Date().toISOString(), run });
  if (ground) await attend(ground, layoutOf(out), run, eventDisplay(run));
  const record = await readRecord(out, run);
  printEvent({ event: 'ended', at: new Date().toISOString(), run, status: record?.status ?? 'completed', results: record?.results ?? null, report: join(runFolder(layoutOf(out), run), 'report.html') });
}
