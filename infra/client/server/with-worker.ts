/** A worker beside us while something goes on: started again if it dies, everything in good order
 *  afterwards. */
import type { Layout } from '../../store/layout.ts';
import { CounterflowError } from '../../base/user-error.ts';
import type { Display } from '../runs/display.ts';
import type { ServerConnection } from './server-connection.ts';
import { catchInterrupts } from './interrupt.ts';
import { invocation } from '../../base/invocation.ts';
import { workerInTurn } from '../../worker/one-worker-at-a-time.ts';
import { superviseWorker } from '../../worker/supervise-worker.ts';

/** `own`: id of the run or sweep that it is for. `resume`: the command that goes on after an interruption.
 *  `work` is to end with the signal's reason when it is aborted. Throws CliError then. */
export async function withWorker<T>(
  connection: ServerConnection,
  layout: Layout,
  { own, resume }: { readonly own: string; readonly resume: string },
  display: Display,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const interrupt = catchInterrupts(`Interrupted; \`${invocation} ${resume}\` goes on where it was.`, () => {
    display.say('Stopping the worker; once more Ctrl-C ends at once.');
  });
  const worker = workerInTurn(`${layout.out}: ${resume}`, () =>
    superviseWorker(layout, connection.server, (line) => display.say(line), own),
  );
  try {
    return await work(AbortSignal.any([interrupt.signal, worker.failed])).catch((error: unknown) => {
      throw error === worker.failed.reason && error instanceof CounterflowError
        ? new CounterflowError(error.exitCode, `${error.message} Then \`${invocation} ${resume}\` goes on.`)
        : error;
    });
  } finally {
    display.close();
    await worker.stop();
    interrupt.release();
  }
}
