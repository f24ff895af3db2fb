/** What an experiment file states. Read by the command line only; workflow code never imports it. */
import type { z } from 'zod';
import type { experimentConfigSchema } from '../../activities/config/experiment-config.ts';

export interface Experiment {
  readonly name: string;
  readonly title: string;
  /** Two or three sentences for `--help` and the report. */
  readonly description: string;
  /** What `experimentConfigSchema` completes with its defaults. */
  readonly config: z.input<typeof experimentConfigSchema>;
  /** What must be given on the command line. */
  readonly needs?: { readonly dataDir?: true };
  /** The command that gave `expected`. */
  readonly command: string;
  /** What it gave, in words with figures, and how long it took. */
  readonly expected: string;
}

/** What a user's own file states: nobody has to have run it. */
export type OwnExperiment = Pick<Experiment, 'name' | 'title' | 'config' | 'needs'>
  & Partial<Pick<Experiment, 'description'>>;
