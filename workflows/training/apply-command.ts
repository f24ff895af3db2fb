/** What a training does about the messages it has been told, at a border between two segments. Plain data in,
 *  plain data out. */
import type { SegmentBoundary, ReceivedCommand } from '../../activities/contracts/command.ts';
import type { Adjustment, TrainingSpec } from '../../activities/contracts/training.ts';
import { learningRates } from './validate-command.ts';
import { boundaryOf, isCatchingUp, updatesOf, type TrainingState } from './segments.ts';
import { commandDecision } from '../shared/command-decision.ts';

/** Those whose time has come, in order. One of the record is due where it took effect, or just past it; one
 *  that has just come in, at once. None is while a lost checkpoint is made up for: those segments are
 *  computed as they were. */
export function dueIn(state: TrainingState, told: readonly ReceivedCommand[]): ReceivedCommand[] {
  return isCatchingUp(state)
    ? []
    : told
        .filter(({ due }) => due === undefined || hasReached(boundaryOf(state), due))
        .sort((a, b) => a.number - b.number);
}

export function hasReached({ update, rollbacks }: SegmentBoundary, due: SegmentBoundary): boolean {
  return rollbacks > due.rollbacks || (rollbacks === due.rollbacks && update >= due.update);
}

export function applyCommand(state: TrainingState, spec: TrainingSpec, told: ReceivedCommand): TrainingState {
  const { training } = spec;
  const border = boundaryOf(state);
  const decided = {
    ...state,
    decisions: [...state.decisions, commandDecision(training, told, border, beforeOf(state, spec, told))],
  };
  const { message } = told;
  switch (message.kind) {
    case 'pause':
      return { ...decided, paused: true };
    case 'resume':
      return { ...decided, paused: false };
    case 'extend': {
      const extensions = [...(state.extensions ?? []), { from: border.update, updates: message.updates }];
      return { ...decided, extensions, adjustment: { ...state.adjustment, updates: message.updates } };
    }
    case 'learning-rate':
      return { ...decided, adjustment: withLearningRate(state.adjustment, message.player, message.value) };
    case 'samples':
      return state;
  }
}

function withLearningRate(adjustment: Adjustment, player: string, value: number): Adjustment {
  return { ...adjustment, learningRates: { ...adjustment.learningRates, [player]: value } };
}

function beforeOf(state: TrainingState, spec: TrainingSpec, { message }: ReceivedCommand): number | null {
  if (message.kind === 'extend') return updatesOf(spec, state);
  if (message.kind !== 'learning-rate') return null;
  return (
    state.adjustment.learningRates?.[message.player] ?? learningRates(spec.config)[message.player] ?? null
  );
}
