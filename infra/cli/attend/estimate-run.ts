/** `run --estimate`: measures and prints, and leaves nothing but the prepared data set. */
import type { RunRequest } from '../../../activities/contracts/run.ts';
import type { Progress } from '../../../activities/ports/progress.ts';
import { createPorts } from '../../worker/create-ports.ts';
import { layoutOf } from '../../store/layout.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { duration } from '../../base/format.ts';
import { catchInterrupts } from './interrupt.ts';
import { estimate } from '../../client/estimate/estimate.ts';
import { estimateLines } from '../lines/estimate-lines.ts';

export interface EstimateOptions {
  readonly out: string;
  readonly json?: boolean;
  /** For machines with a price. */
  readonly pricePerHour?: number;
}

/** Throws CounterflowError. */
export async function estimateRun(
  request: RunRequest,
  { out, json, pricePerHour }: EstimateOptions,
): Promise<void> {
  const price = pricePerHour ?? null;
  const interrupt = catchInterrupts('Interrupted; nothing was begun.', () => undefined);
  const ports = createPorts(layoutOf(out));
  try {
    const found = await estimate(ports, { request, out, pricePerHour: price }, interrupt.signal, teller());
    process.stdout.write(
      json ? `${JSON.stringify(found, null, 2)}\n` : `${estimateLines(found, price).join('\n')}\n`,
    );
  } catch (error) {
    if (interrupt.signal.aborted) throw interrupt.signal.reason;
    throw error instanceof CounterflowError
      ? error
      : new CounterflowError(exitCodes.failed, (error as Error).message.split('\n')[0]!);
  } finally {
    await ports.compute.close();
    interrupt.release();
  }
}

const everyMs = 10_000;

/** A line on standard error for each phase when it is entered first, and now and then for one that goes
 *  on. */
function teller(): (what: string, progress: Progress) => void {
  const startedAt = performance.now();
  const entered = new Set<string>();
  let saidAt = -Infinity;
  return (what, { phase, done, total }) => {
    const line = `${what}: ${phase}`;
    const now = performance.now();
    if (entered.has(line) && now - saidAt < everyMs) return;
    entered.add(line);
    saidAt = now;
    process.stderr.write(
      `[${duration((now - startedAt) / 1000)}] measuring `
        + `${line}${total > 1 && phase !== 'step' ? ` ${done}/${total}` : ''}\n`,
    );
  };
}
