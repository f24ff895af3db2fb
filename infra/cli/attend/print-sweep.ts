import { colors } from '../lines/colors.ts';
import { findSweep } from '../../client/records/sweep-records.ts';
import { sweepLines } from '../lines/sweep-lines.ts';

export const shownTrials = 20;

/** Of a sweep that has ended: its trials, the best first. */
export async function printSweep(out: string, id: string): Promise<void> {
  process.stdout.write(`${sweepLines(await findSweep(out, id), false, shownTrials, colors).join('\n')}\n`);
}
