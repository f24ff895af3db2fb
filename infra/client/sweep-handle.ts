/** One sweep, for a program: followed, waited for, cancelled, gone on with. */
import type { Sweep, SweepRecord } from '../../activities/sweep/contracts.ts';
import { exitCodes } from '../base/exit-codes.ts';
import { CounterflowError } from '../base/user-error.ts';
import { findSweep } from './records/sweep-records.ts';
import { cancelWorkflow } from './runs/cancel-run.ts';
import type { Display } from './runs/display.ts';
import type { SweepEvent } from './runs/events.ts';
import { eventsOf } from './runs/event-queue.ts';
import { silentDisplay } from './runs/silent-display.ts';
import type { ServerConnection } from './server/server-connection.ts';
import type { Workplace } from './server/workplace.ts';
import { isOpen } from './server/workflow-state.ts';
import { attendSweep, sweepEnded, type AttendedSweep } from './sweeps/attend-sweep.ts';
import { startSweep } from './sweeps/start-sweep.ts';

interface FollowOptions {
  readonly signal?: AbortSignal;
  readonly begin?: AttendedSweep['begin'];
}

export class SweepHandle {
  readonly id: string;
  readonly #sweep: Sweep;
  readonly #workplace: Workplace;
  /** Its record tells for a while how it ended before. */
  #isResumed = false;

  constructor(workplace: Workplace, sweep: Sweep) {
    [this.#workplace, this.#sweep, this.id] = [workplace, sweep, sweep.id];
  }

  /** What `sweep.json` holds just now: trials, results, the best. Throws CounterflowError. */
  record(): Promise<SweepRecord> {
    return findSweep(this.#workplace.out, this.id);
  }

  /** Works on it, with a worker beside this program, until it ends. `begin`: what starts it; left out where
   *  it is under way. Throws CounterflowError where it does not complete, and the signal's reason once it is
   *  aborted; the sweep stays resumable. */
  async attend(display: Display, signal: AbortSignal, begin?: AttendedSweep['begin']): Promise<void> {
    const isToGoOn = this.#isResumed || begin !== undefined;
    if (!isToGoOn && (await this.record()).status === 'completed') return;
    const { layout } = this.#workplace;
    const sweep = this.#sweep;
    await attendSweep(await this.connection(), layout, { sweep, signal, ...(begin && { begin }) }, display);
  }

  /** The documented events (docs/json.md) while it goes on, with a worker beside this program; the last one
   *  is `ended`. Where the loop is left early, the worker stops and the sweep stays resumable. */
  follow({ signal, begin }: FollowOptions = {}): AsyncGenerator<SweepEvent, void> {
    const work = (display: Display, over: AbortSignal): Promise<void> => this.attend(display, over, begin);
    return eventsOf({ sweep: this.id }, signal, work, (error) => this.#ended(error));
  }

  /** Its record, once it is completed. Throws CounterflowError where it does not complete. */
  async result({ signal }: { readonly signal?: AbortSignal } = {}): Promise<SweepRecord> {
    await this.attend(silentDisplay, signal ?? new AbortController().signal);
    return this.record();
  }

  /** Goes on with one that was interrupted or cancelled: what has ended is not done again. `failed`: trials
   *  that failed are done again too. Resolves to whether it had to be started; throws CounterflowError. */
  async resume({ failed = false }: { readonly failed?: boolean } = {}): Promise<boolean> {
    const { client } = await this.connection();
    const open = await isOpen(client, this.id);
    if (open && failed)
      throw new CounterflowError(
        exitCodes.badInput,
        `Expected --failed with a sweep that has ended, but ${this.id} is under way: leave --failed out to go `
          + 'on with it.',
      );
    if (!open) await startSweep(client, this.#sweep, failed);
    this.#isResumed = true;
    return !open;
  }

  /** Waits until everything that worked on it has stopped. Resolves to why it had to be ended on the server;
   *  null where it ended by itself. Throws CounterflowError where it has ended before. */
  async cancel(): Promise<string | null> {
    const { status } = await this.record();
    if (status === 'completed')
      throw new CounterflowError(
        exitCodes.badInput,
        `Expected a sweep that has not ended; ${this.id} is completed.`,
      );
    const connection = await this.connection();
    if (!(await isOpen(connection.client, this.id)))
      throw new CounterflowError(
        exitCodes.badInput,
        `Expected a sweep that is under way, but the server has no open workflow for ${this.id}.`,
      );
    return cancelWorkflow(connection, this.#workplace.layout, this.id, 'sweep');
  }

  /** Of the server that it was started on. Throws CounterflowError. */
  async connection(): Promise<ServerConnection> {
    return this.#workplace.connection(await this.record());
  }

  async #ended(error: unknown): Promise<SweepEvent> {
    if (error !== null && !(error instanceof CounterflowError)) throw error;
    return sweepEnded(this.#workplace.out, this.id, error);
  }
}
