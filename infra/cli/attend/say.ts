/** Lines for people on standard error: standard output may be read by a program. */
import type { ExperimentConfig } from '../../../activities/config/experiment-config.ts';
import { configNotes } from '../../client/runs/config-notes.ts';

export const say = (line: string): void => void process.stderr.write(`${line}\n`);

export function sayConfigNotes(config: ExperimentConfig): void {
  for (const note of configNotes(config)) say(`Note: ${note}`);
}
