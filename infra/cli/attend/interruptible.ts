/** Stays with a run or a sweep until it ends, on the terminal; Ctrl-C leaves it resumable. */
import { invocation } from '../../base/invocation.ts';
import type { Display } from '../../client/runs/display.ts';
import { catchInterrupts } from './interrupt.ts';

/** `resume`: the command that goes on after an interruption. `work` ends with the signal's reason, a
 *  CounterflowError, when Ctrl-C is pressed. */
export async function interruptible<T>(
  resume: string,
  display: Pick<Display, 'say'>,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const interrupt = catchInterrupts(`Interrupted; \`${invocation} ${resume}\` goes on where it was.`, () => {
    display.say('Stopping the worker; once more Ctrl-C ends at once.');
  });
  try {
    return await work(interrupt.signal);
  } finally {
    interrupt.release();
  }
}
