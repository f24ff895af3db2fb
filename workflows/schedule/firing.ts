/** How a firing of a schedule takes the id of its run or sweep: it looks first, and waits where somebody else
 *  has that under way. */
import { ApplicationFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { sleep } from '@temporalio/workflow';

/** In steps that become longer, as a sweep waits for a trial's run. */
const firstPauseMs = 5000;
const longestPauseMs = 300_000;

interface Opened {
  readonly ended: 'failed' | 'cancelled' | null;
}

/** `look` says what is under the id, `act` starts it or takes what is there. Throws ApplicationFailure
 *  `EndedElsewhere` where what it waited for did not complete. */
export async function untilFree<O extends Opened, T>(
  id: string,
  look: () => Promise<O>,
  act: (opened: O) => T | Promise<T>,
): Promise<T> {
  let opened = await look();
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    try {
      return await act(opened);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    await sleep(pauseMs);
    opened = await look();
    // whoever ended it, or let it end, had it in hand: it is not begun again behind their back
    if (opened.ended !== null)
      throw ApplicationFailure.nonRetryable(
        `${id} was under way by itself, and ended: it `
          + `${opened.ended === 'failed' ? 'failed' : 'was cancelled'}.`,
        'EndedElsewhere',
      );
  }
}

export const foundSentence = (id: string): string =>
  `${id} was completed before; nothing was computed or written.`;
