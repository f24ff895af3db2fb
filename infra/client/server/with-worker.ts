/** A worker beside us while something goes on: started again if it dies, everything in good order
 *  afterwards. */
import type { Layout } from '../../store/layout.ts';
import { CounterflowError } from '../../base/user-error.ts';
import type { Display } from '../runs/display.ts';
import type { ServerConnection } from './server-connection.ts';
import { invocation } from '../../base/invocation.ts';
import { workerInTurn } from '../../worker/one-worker-at-a-time.ts';
import { superviseWorker } from '../../worker/supervise-worker.ts';

export interface WorkerUse {
  /** Id of the run or sweep that it is for. */
  readonly own: string;
  /** The command that goes on after an interruption. */
  readonly resume: string;
  /** Aborted where whoever wants the work leaves. */
  readonly signal: AbortSignal;
}

/** `work` is to end with the reason of the signal that it is given, when that is aborted. */
export async function withWorker<T>(
  connection: ServerConnection,
  layout: Layout,
  { own, resume, signal }: WorkerUse,
  display: Display,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const worker = workerInTurn(`${layout.out}: ${resume}`, () =>
    superviseWorker(layout, connection.server, (line) => display.say(line), own),
  );
  try {
    return await work(AbortSignal.any([signal, worker.failed])).catch((error: unknown) => {
      throw error === worker.failed.reason && error instanceof CounterflowError
        ? new CounterflowError(error.exitCode, `${error.message} Then \`${invocation} ${resume}\` goes on.`)
        : error;
    });
  } finally {
    display.close();
    await worker.stop();
  }
}
