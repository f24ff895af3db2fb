import { colors } from '../colors.ts';
import { findSweep } from './sweep-files.ts';
import { sweepLines } from './sweep-lines.ts';

export const shownTrials = 20;

/** Of a sweep that has ended: its trials, the best first. */
export async function printSweep(out: string, id: string): Promise<void> {
  process.stdout.write(`${sweepLines(await findSweep(out, id), false, shownTrials, colors).join('\n')}\n`);
}
