/** One compute process as the worker sees it: started, given one job at a time, ended within seconds. */
import { fork, type ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JobName } from '../../activities/ports/compute.ts';
import { ComputeCrashedError, MissingPartError, OutOfMemoryError } from '../../activities/ports/errors.ts';
import type { Progress } from '../../activities/ports/progress.ts';
import { fatalEnd } from '../setup/unloadable.mjs';
import { typescriptArguments } from '../base/typescript-arguments.ts';
import { saysOutOfMemory } from './out-of-memory.ts';
import { ProcessWatch } from './process-watch.ts';
import { restoreError, type HaltMessage, type ReplyMessage, type RunMessage } from './protocol.ts';

export interface ChildOptions {
  readonly entry: URL;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** File for what the process writes; removed when it ends in order. */
  readonly log: string;
  /** Of the file system with `proc` and `sys`, where the memory of the machine is read. */
  readonly root?: string;
}

export interface ChildJob {
  readonly name: JobName;
  readonly job: unknown;
  readonly scratch: string;
  readonly threads: number;
  readonly onProgress: (progress: Progress) => void;
  /** How a job that fails for want of memory can be made smaller. */
  readonly remedy?: string;
}

interface Pending extends Pick<ChildJob, 'onProgress' | 'remedy'> {
  readonly id: number;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** With the second between heartbeats, which bring a cancellation, well within five seconds. */
const killAfterMs = 800;
const lastBytes = 4000;

export class ComputeChild {
  /** Resolves once the process is gone. */
  readonly gone: Promise<void>;
  readonly #log: string;
  readonly #process: ChildProcess;
  /** null: it could not be started. */
  readonly #watch: ProcessWatch | null;
  #pending: Pending | null = null;
  #jobs = 0;
  #ending = false;
  #isGone = false;
  /** It has said something: its libraries are loaded. */
  #isLoaded = false;

  constructor({ entry, env, log, root }: ChildOptions) {
    const output = openLog(log);
    this.#log = log;
    this.#process = fork(fileURLToPath(entry), [], {
      execArgv: typescriptArguments(),
      env,
      serialization: 'advanced',
      stdio: ['ignore', output, output, 'ipc'],
    });
    if (output !== 'ignore') closeSync(output);
    this.#watch = this.#process.pid === undefined ? null : new ProcessWatch(this.#process.pid, root);
    this.#process.on('message', (message: ReplyMessage) => this.#receive(message));
    this.gone = new Promise((resolve) => {
      this.#process.once('exit', (code, signal) => {
        this.#leave(code, signal);
        resolve();
      });
      this.#process.once('error', (error) => {
        // a signal or message that could not be delivered ends in `exit` too; a failed start does not
        if (this.#process.pid !== undefined) return;
        this.#leave(null, null, error.message);
        resolve();
      });
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get usable(): boolean {
    return !this.#isGone && !this.#ending && this.#process.connected;
  }

  /** Rejects with the job's own error, with OutOfMemoryError for want of memory, or with ComputeCrashedError
   *  if the process ends. While it says nothing but works, its last progress is passed on again as `busy`. */
  run({ onProgress, remedy, ...job }: ChildJob): Promise<unknown> {
    if (this.#isGone)
      return Promise.reject(
        new ComputeCrashedError('A compute process ended before its job began.', null, null, ''),
      );
    const id = (this.#jobs += 1);
    let last: Progress = { phase: 'loading', done: 0, total: 1 };
    this.#watch?.start(() => onProgress({ ...last, busy: true }));
    return new Promise<unknown>((resolve, reject) => {
      const seen = (progress: Progress): void => onProgress((last = progress));
      this.#pending = { id, resolve, reject, onProgress: seen, ...(remedy !== undefined && { remedy }) };
      const message: RunMessage = { type: 'run', id, ...job };
      // a failed delivery is followed by the end of the process, which rejects
      this.#process.send(message, () => {});
    }).finally(() => this.#watch?.stop());
  }

  /** Others need the machine: what the process does after its last job ends with the update under way. */
  halt(): void {
    const message: HaltMessage = { type: 'halt' };
    if (this.usable) this.#process.send(message, () => {});
  }

  /** SIGTERM, then SIGKILL; resolves once the process is gone. */
  async end(): Promise<void> {
    if (!this.#ending && !this.#isGone) {
      this.#ending = true;
      this.#process.kill('SIGTERM');
      const kill = setTimeout(() => this.#process.kill('SIGKILL'), killAfterMs);
      void this.gone.then(() => clearTimeout(kill));
    }
    await this.gone;
  }

  #receive(message: ReplyMessage): void {
    const pending = this.#pending;
    this.#isLoaded = true;
    if (pending?.id !== message.id) return;
    if (message.type === 'progress') return pending.onProgress(message.progress);
    this.#pending = null;
    if (message.type === 'result') pending.resolve(message.result);
    else
      pending.reject(
        saysOutOfMemory(message.error.message)
          ? outOfMemory(`said: ${firstLine(message.error.message)}`, pending)
          : restoreError(message.error),
      );
  }

  #leave(code: number | null, signal: NodeJS.Signals | null, reason?: string): void {
    this.#isGone = true;
    const lastLines = endOf(this.#log);
    if (this.#ending || code === 0) rmSync(this.#log, { force: true });
    const how = reason ?? (signal === null ? `exit code ${code}` : `signal ${signal}`);
    const said = lastLines === '' ? '' : `\nIts last lines:\n${lastLines}`;
    const pending = this.#pending;
    this.#pending = null;
    if (pending === null) return;
    if (this.#isOutOfMemory(signal, lastLines))
      return pending.reject(outOfMemory(`ended without an answer (${how})`, pending));
    const fatal = this.#isLoaded ? null : fatalEnd(signal);
    pending.reject(
      fatal !== null
        ? new MissingPartError(fatal)
        : new ComputeCrashedError(
            `A compute process ended without an answer (${how}).${said}`,
            code,
            signal,
            lastLines,
          ),
    );
  }

  /** Killed by the kernel or a guardian, and not by us; or by its own hand, as C++ and V8 do. */
  #isOutOfMemory(signal: NodeJS.Signals | null, lastLines: string): boolean {
    if (this.#ending) return false;
    return signal === 'SIGKILL' ? this.#watch?.killedForMemory() === true : saysOutOfMemory(lastLines);
  }
}

const firstLine = (text: string): string => text.split('\n')[0]!.replace(/\.$/, '');

const outOfMemory = (what: string, { remedy }: Pending): OutOfMemoryError =>
  new OutOfMemoryError(
    `There was not enough memory for a compute process: it ${what}. `
      + `${remedy ?? 'Give the machine more memory.'}`,
  );

/** Without room for a log, or leave to write one, a process goes on without. */
function openLog(log: string): number | 'ignore' {
  try {
    mkdirSync(dirname(log), { recursive: true });
    return openSync(log, 'w');
  } catch {
    return 'ignore';
  }
}

function endOf(log: string): string {
  try {
    const file = openSync(log, 'r');
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, lastBytes));
    readSync(file, bytes, 0, bytes.length, size - bytes.length);
    closeSync(file);
    return bytes.toString('utf8').trim();
  } catch {
    return '';
  }
}
