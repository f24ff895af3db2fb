/** Whose move it is: decided between two steps from the metrics of the steps before. The state is part of a
 *  checkpoint. */
import type { TurnState } from '../training/turn-state.ts';
import type { TurnConfig } from './config.ts';

export type Turn = 'ebm' | 'flow';

/** The EBM moves first under every rule. */
export function nextTurn(config: TurnConfig, state: TurnState): Turn {
  switch (config.kind) {
    case 'accuracy':
      return state.accuracy !== null && state.accuracy >= config.threshold ? 'flow' : 'ebm';
    case 'ratio':
      return state.move < config.ebm ? 'ebm' : 'flow';
    case 'value':
      return state.value !== null && state.value > config.bound ? 'flow' : 'ebm';
  }
}

/** The state after a step with these metrics. */
export function afterTurn(
  config: TurnConfig,
  state: TurnState,
  metrics: { accuracy: number; value: number },
): TurnState {
  const smoothing = config.kind === 'ratio' ? 0 : config.smoothing;
  const smooth = (before: number | null, now: number): number =>
    before === null ? now : smoothing * before + (1 - smoothing) * now;
  return {
    accuracy: smooth(state.accuracy, metrics.accuracy),
    value: smooth(state.value, metrics.value),
    move: config.kind === 'ratio' ? (state.move + 1) % (config.ebm + config.flow) : 0,
  };
}
