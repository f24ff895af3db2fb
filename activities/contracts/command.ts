/** What people tell a training while it goes on, and where it takes effect. Types only: workflow code imports
 *  this file. */
import type { TrainingName } from './names.ts';

/** What a training can be told while it goes on. All but `samples`, which changes nothing, take effect at the
 *  border between two segments. */
export type TrainingCommand =
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  /** `updates`: in total. */
  | { readonly kind: 'extend'; readonly updates: number }
  /** In place of the configured one: warm-up, decay and the factor of rollbacks are still applied to it. */
  | { readonly kind: 'learning-rate'; readonly player: string; readonly value: number }
  | { readonly kind: 'samples' };

/** A message that a run has accepted for a training that has not begun. */
export interface HeldCommand extends Pick<ReceivedCommand, 'number' | 'at' | 'message'> {
  readonly training: TrainingName;
}

/** A message that a run has accepted for a training. */
export interface ReceivedCommand {
  /** Messages of a run are counted from 1. */
  readonly number: number;
  readonly at: string;
  readonly message: TrainingCommand;
  /** Where a message of the record takes effect again; left out for one that has just come in, which is due
   *  at the next border. */
  readonly due?: SegmentBoundary;
}

/** A place in the course of a training, between two segments. */
export interface SegmentBoundary {
  readonly update: number;
  readonly rollbacks: number;
}
