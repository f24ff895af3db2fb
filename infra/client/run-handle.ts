/** One run, for a program: followed, waited for, told something, cancelled, gone on with. */
import { join } from 'node:path';
import type { TrainingCommand } from '../../activities/contracts/command.ts';
import type { Decision } from '../../activities/contracts/decision.ts';
import type { TrainingName } from '../../activities/contracts/names.ts';
import type { StoredRequest } from '../../activities/contracts/run.ts';
import type { CommandAnswer } from '../../workflows/training/commands.ts';
import { exitCodes } from '../base/exit-codes.ts';
import { invocation } from '../base/invocation.ts';
import { CounterflowError } from '../base/user-error.ts';
import type { Lineage } from '../lineage/lineage.ts';
import { runFolder } from '../store/layout.ts';
import { withoutSecrets } from '../temporal/secrets.ts';
import { detachWorker } from '../worker/supervise-worker.ts';
import { readRecord, readRequest, type StoredRecord } from './records/run-records.ts';
import { attendRun } from './runs/attend-run.ts';
import { cancelRun, notOpen } from './runs/cancel-run.ts';
import type { Display } from './runs/display.ts';
import { doubtsIn, now, type RunEvent } from './runs/events.ts';
import { eventsOf } from './runs/event-queue.ts';
import { idleRuns } from './runs/idle-runs.ts';
import { lineageOf } from './runs/lineage-of.ts';
import { goOnWithRun, type ResumeOptions } from './runs/go-on-with-run.ts';
import { silentDisplay } from './runs/silent-display.ts';
import { replaceWhereCodeDiffers } from './runs/replace-execution.ts';
import { resumeFromArtifacts } from './runs/resume-run.ts';
import { sendCommand } from './runs/send-command.ts';
import type { Beginning } from './runs/start-run.ts';
import type { ServerConnection } from './server/server-connection.ts';
import type { Workplace } from './server/workplace.ts';
import { verifySettled, type SettledVerification } from './runs/verify-settled.ts';

export class RunHandle {
  readonly id: string;
  /** How it came about that it goes on; null where this program has not started it. */
  readonly beginning: Beginning | null;
  readonly #workplace: Workplace;
  readonly #before: readonly Decision[];

  /** `before`: decisions that its record had before it was begun or resumed. */
  constructor(
    workplace: Workplace,
    id: string,
    beginning: Beginning | null = null,
    before: readonly Decision[] = [],
  ) {
    [this.#workplace, this.id, this.beginning, this.#before] = [workplace, id, beginning, before];
  }

  /** Absolute path of its folder: record, report, metrics, samples. */
  get folder(): string {
    return runFolder(this.#workplace.layout, this.id);
  }

  /** What `run.json` holds just now. Throws CounterflowError where there is no such run any more. */
  async record(): Promise<StoredRecord> {
    const record = await readRecord(this.#workplace.out, this.id);
    if (record !== null) return record;
    throw new CounterflowError(exitCodes.badInput, `Expected the folder of a run, but ${this.id} is none.`);
  }

  /** Works on it, with a worker beside this program, until it ends. Throws CounterflowError where it fails or
   *  is cancelled, and the signal's reason once it is aborted; the run stays resumable. */
  async attend(display: Display, signal: AbortSignal): Promise<void> {
    if (await this.#isOver()) return;
    const { layout } = this.#workplace;
    await attendRun(
      await this.connection(),
      layout,
      { runId: this.id, before: this.#before, signal },
      display,
    );
  }

  /** The documented events (docs/json.md) while it goes on, with a worker beside this program. The last one
   *  is `ended`, however it ends. Where the loop is left early, the worker stops and the run stays
   *  resumable. */
  follow({ signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<RunEvent, void> {
    const work = (display: Display, over: AbortSignal): Promise<void> => this.attend(display, over);
    return eventsOf({ run: this.id }, signal, work, (error) => this.#ended(error));
  }

  /** Its record, once it is completed. Throws CounterflowError where it fails or is cancelled, and the
   *  signal's reason once it is aborted. */
  async result({ signal }: { readonly signal?: AbortSignal } = {}): Promise<StoredRecord> {
    await this.attend(silentDisplay, signal ?? new AbortController().signal);
    return this.record();
  }

  /** Leaves it to a worker in the background, of the folder's own server; on another server, whoever serves
   *  it works on the run. Resolves to what people should know of that; null where that is nothing. */
  async detach(): Promise<string | null> {
    if (this.beginning === 'completed') return null;
    const { client, server, isEmbedded } = await this.connection();
    const { layout, out } = this.#workplace;
    if (isEmbedded) await detachWorker(layout, server, { evenBesideOthers: this.beginning === 'begun' });
    if (this.beginning !== 'joined') return null;
    return replaceWhereCodeDiffers(client, this.id, () => resumeFromArtifacts(client, out, this.id));
  }

  /** Goes on with one that was interrupted, failed or was cancelled; the handle that comes back follows it.
   *  `say` is told what is done. Throws CounterflowError. */
  async resume(options: ResumeOptions = {}, say = this.#workplace.say): Promise<RunHandle> {
    const record = await this.record();
    const beginning = await goOnWithRun(this.#workplace, this.id, record, options, say);
    return new RunHandle(this.#workplace, this.id, beginning, record.decisions ?? []);
  }

  /** Waits until everything that worked on it has stopped. Resolves to why it had to be ended on the server;
   *  null where it ended by itself. Throws CounterflowError where it has ended before. */
  async cancel(): Promise<string | null> {
    const { status } = await this.record();
    if (status === 'completed') throw notOpen(this.id, status);
    return cancelRun(await this.connection(), this.#workplace.layout, this.id, status);
  }

  /** Tells a training something while it goes on: to pause, to make more updates. Without `training`, the one
   *  on the main line is told. Waits until it has taken effect; `say` is told where that takes its time.
   *  Throws CounterflowError where it is refused, or nobody works on the run. */
  async command(
    command: TrainingCommand,
    training: TrainingName | null = null,
    say: (line: string) => void = this.#workplace.say,
  ): Promise<CommandAnswer> {
    await this.#requireAttended();
    const { client } = await this.connection();
    const answer = await sendCommand(client, this.id, { training, message: command }, say);
    if (!answer.took) throw new CounterflowError(exitCodes.failed, answer.sentence);
    return answer;
  }

  /** Every hash of it, derived again from the bytes that lie there; needs no server. */
  verify(): Promise<SettledVerification> {
    return verifySettled(this.#workplace.out, this.id);
  }

  /** Why each step was computed or found, from which inputs and in which code; needs no server. */
  explain(): Promise<Lineage> {
    return lineageOf(this.#workplace.out, this.id);
  }

  /** Of the server that it was started on. Throws CounterflowError. */
  async connection(): Promise<ServerConnection> {
    return this.#workplace.connection(await this.#stored());
  }

  /** Of one that this program goes on with, the record tells for a while how it ended before. */
  async #isOver(): Promise<boolean> {
    if (this.beginning !== null) return this.beginning === 'completed';
    return (await this.record()).status === 'completed';
  }

  #stored(): Promise<StoredRequest | null> {
    return readRequest(this.#workplace.out, this.id);
  }

  async #requireAttended(): Promise<void> {
    const { out } = this.#workplace;
    const record = await this.record();
    if (record.status === 'completed')
      throw new CounterflowError(
        exitCodes.badInput,
        `Expected a run that has not ended; ${this.id} is ${record.status}.`,
      );
    if (!this.#workplace.isEmbedded(await this.#stored())) return;
    if (record.status !== 'running' || (await idleRuns(out, [record])).has(this.id))
      throw new CounterflowError(
        exitCodes.failed,
        `Nobody works on ${this.id}: \`${invocation} resume ${this.id}\` lets it go on, and then it can be `
          + 'told something.',
      );
  }

  async #ended(error: unknown): Promise<RunEvent> {
    const about = { event: 'ended', at: now(), run: this.id } as const;
    const record = await readRecord(this.#workplace.out, this.id);
    if (error === null) {
      const { status = 'completed', results = null } = record ?? {};
      return {
        ...about,
        status,
        results,
        report: join(this.folder, 'report.html'),
        ...doubtsIn(record ?? {}),
      };
    }
    if (!(error instanceof CounterflowError)) throw error;
    const failure = { sentence: withoutSecrets(error.message), exitCode: error.exitCode };
    return { ...about, status: record?.status ?? 'failed', results: null, report: null, failure };
  }
}
