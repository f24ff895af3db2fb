/** A worker that can be stopped with all its compute processes, and goes on later as if nothing had been. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { workerCommandLine } from '../../../infra/worker/supervise-worker.ts';
import type { Layout } from '../../../infra/store/layout.ts';
import { embedded } from '../../../infra/temporal/server.ts';
import { processesWith } from '../command-line.ts';
import { CuttableLine } from './cuttable-line.ts';

export class StoppableWorker {
  readonly #process: ChildProcess;
  readonly #line: CuttableLine;
  #stopped: readonly number[] = [];

  static async begin(layout: Layout, address: string): Promise<StoppableWorker> {
    return new StoppableWorker(layout, await CuttableLine.to(address));
  }

  private constructor(layout: Layout, line: CuttableLine) {
    this.#line = line;
    this.#process = spawn(process.execPath, workerCommandLine(layout, embedded(line.address)), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
  }

  /** `cut`: its connections break too, so that the server hands it no more work; else it does until they time
   *  out after a minute. */
  stop({ cut }: { readonly cut: boolean }): void {
    const worker = this.#process.pid!;
    process.kill(worker, 'SIGSTOP');
    const children = ['tensorflow-process.ts', 'evaluation-process.ts'].flatMap((program) =>
      processesWith([program], worker),
    );
    for (const child of children) process.kill(child, 'SIGSTOP');
    this.#stopped = [worker, ...children];
    if (cut) this.#line.cut();
  }

  goOn(): void {
    this.#line.mend();
    for (const pid of this.#stopped) process.kill(pid, 'SIGCONT');
    this.#stopped = [];
  }

  /** In good order: what it still does comes to its end. */
  async end(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
    this.#line.close();
  }

  /** However it stands. */
  kill(): void {
    for (const pid of this.#stopped.slice(1)) process.kill(pid, 'SIGKILL');
    this.#process.kill('SIGKILL');
    this.#line.close();
  }
}
