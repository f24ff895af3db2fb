/** Ctrl-C: the first one stops in good order, the second one at once. */
import { CounterflowError } from '../../base/user-error.ts';
import { exitCodes } from '../../base/exit-codes.ts';

export interface Interrupt {
  /** Aborted with a CounterflowError as its reason. */
  readonly signal: AbortSignal;
  release(): void;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** A terminal and npm may both pass on one and the same Ctrl-C. */
const sameForMs = 500;

export function catchInterrupts(message: string, onFirst: () => void): Interrupt {
  const controller = new AbortController();
  let firstAt = 0;
  const interrupted = (): void => {
    if (!controller.signal.aborted) {
      firstAt = performance.now();
      onFirst();
      controller.abort(new CounterflowError(exitCodes.interrupted, message));
    } else if (performance.now() - firstAt > sameForMs) {
      process.exit(exitCodes.interrupted);
    }
  };
  for (const signal of signals) process.on(signal, interrupted);
  return {
    signal: controller.signal,
    release: () => signals.forEach((signal) => process.off(signal, interrupted)),
  };
}
