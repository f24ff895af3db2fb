import type { Display } from './display.ts';

/** For whoever waits for the end alone. */
export const silentDisplay: Display = {
  show: () => undefined,
  say: () => undefined,
  recall: () => undefined,
  close: () => undefined,
};
