/** What a run decides by itself, and says. Types only: workflow code imports this file. */
import type { TrainingName } from './names.ts';

/** Something the pipeline decided by itself, or was told, kept in the run record. */
export interface Decision {
  readonly at: string;
  readonly what:
    | 'rollback'
    | 'gave-up'
    | 'reused'
    | 'resumed'
    | 'stopped-early'
    | 'repaired'
    | 'waited'
    | 'told'
    | 'warning'
    | 'left-out'
    | 'noted'
    | 'chosen';
  readonly training?: TrainingName;
  readonly sentence: string;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
}
