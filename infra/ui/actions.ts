/** What the page's buttons do. A deed may take longer than anybody waits for a page: what came of it is shown
 *  there later. */
import type { ServerFlags } from '../temporal/choose-server.ts';
import { layoutOf } from '../store/layout.ts';
import { cancelWorkflow } from '../client/runs/cancel-run.ts';
import { openConnection, type ServerConnection } from '../client/server/server-connection.ts';
import { resumeRun, resumeFromArtifacts } from '../client/runs/resume-run.ts';
import { replaceWhereCodeDiffers } from '../client/runs/replace-execution.ts';
import { readRecord, readRequest, type StoredRecord } from '../client/records/run-records.ts';
import { findSweep } from '../client/records/sweep-records.ts';
import { startSweep } from '../client/sweeps/start-sweep.ts';
import { withCommandsBefore } from '../client/runs/commands-before.ts';
import { withoutSecrets } from '../temporal/secrets.ts';
import { detachWorker } from '../worker/supervise-worker.ts';
import { isOpen } from '../client/server/workflow-state.ts';
import type { StoredServer } from '../../activities/contracts/run.ts';
import type { SweepRecord } from '../../activities/sweep/contracts.ts';

export type ActedOn = 'run' | 'sweep';
export type Action = 'cancel' | 'resume';

export class Actions {
  readonly #out: string;
  readonly #flags: ServerFlags;
  /** The last sentence of each run and sweep. */
  readonly #said = new Map<string, string>();
  readonly #going = new Set<Promise<void>>();

  constructor(out: string, flags: ServerFlags) {
    [this.#out, this.#flags] = [out, flags];
  }

  lastMessage(id: string): string | null {
    return this.#said.get(id) ?? null;
  }

  begin(action: Action, kind: ActedOn, id: string): void {
    this.#said.set(id, action === 'cancel' ? 'Being cancelled.' : 'Being resumed.');
    const done = this.#do(action, kind, id).then(
      (sentence) => void this.#said.set(id, sentence),
      (error: unknown) =>
        void this.#said.set(id, withoutSecrets(error instanceof Error ? error.message : String(error))),
    );
    this.#going.add(done);
    void done.finally(() => this.#going.delete(done));
  }

  /** Until every deed is done. */
  async settle(): Promise<void> {
    await Promise.all(this.#going);
  }

  async #do(action: Action, kind: ActedOn, id: string): Promise<string> {
    const stored: StoredServer | null =
      kind === 'run' ? await readRequest(this.#out, id) : await findSweep(this.#out, id);
    const connection = await openConnection(this.#out, this.#flags, stored, {
      say: (line) => void process.stderr.write(`${line}\n`),
    });
    try {
      return action === 'cancel'
        ? await this.#cancel(connection, kind, id)
        : await this.#resume(connection, kind, id);
    } finally {
      // the last one leaves the server to the workers that are there, or ends it
      await (this.#going.size > 1 ? connection.leave() : connection.close());
    }
  }

  async #cancel(connection: ServerConnection, kind: ActedOn, id: string): Promise<string> {
    if (!(await isOpen(connection.client, id)))
      return `The server has no open workflow for ${id}: there is nothing to cancel.`;
    await cancelWorkflow(connection, layoutOf(this.#out), id, kind);
    return 'Cancelled; it can be resumed.';
  }

  async #resume(connection: ServerConnection, kind: ActedOn, id: string): Promise<string> {
    const record = kind === 'run' ? await readRecord(this.#out, id) : await findSweep(this.#out, id);
    // the page that was clicked on may be an old one
    if (record?.status === 'completed') return 'It is completed: there is nothing to resume.';
    if (kind === 'run') {
      const { request } = (await readRequest(this.#out, id))!;
      await resumeRun(connection.client, {
        ...request,
        ...withCommandsBefore(record as StoredRecord | null, request),
      });
    } else if (!(await isOpen(connection.client, id)))
      await startSweep(connection.client, (record as SweepRecord).sweep, false);
    if (connection.isEmbedded)
      await detachWorker(layoutOf(this.#out), connection.server, { evenBesideOthers: false });
    const resumed = connection.isEmbedded
      ? 'Resumed; a worker in the background goes on with it.'
      : 'Resumed; workers of its server go on with it.';
    this.#said.set(id, resumed);
    const replaced = await replaceWhereCodeDiffers(connection.client, id, () =>
      this.#again(connection, kind, id),
    );
    return replaced === null ? resumed : `${resumed} ${replaced}`;
  }

  /** In a new execution, from what is recorded by now. */
  async #again({ client }: ServerConnection, kind: ActedOn, id: string): Promise<unknown> {
    return kind === 'run'
      ? resumeFromArtifacts(client, this.#out, id)
      : startSweep(client, (await findSweep(this.#out, id)).sweep, false);
  }
}
