/** What the page's buttons do. A deed may take longer than anybody waits for a page: what came of it is shown there later. */
import type { ServerFlags } from '../temporal/choose-server.ts';
import { layoutOf } from '../store/layout.ts';
import { cancelWorkflow } from '../client/runs/cancel-run.ts';
import { openGround, type Ground } from '../client/server/connection.ts';
import { reopenRun, resumeFromArtifacts } from '../client/runs/resume-run.ts';
import { replaceWhereCodeDiffers } from '../client/runs/replace-execution.ts';
import { readRecord, readRequest, type StoredRecord } from '../client/records/run-records.ts';
import { findSweep } from '../client/records/sweep-records.ts';
import { startSweep } from '../client/sweeps/start-sweep.ts';
import { retold } from '../client/runs/commands-before.ts';
import { withoutSecrets } from '../temporal/secrets.ts';
import { detachWorker } from '../worker/supervise-worker.ts';
import { isOpen } from '../client/server/workflow-state.ts';
import type { StoredServer } from '../../activities/contracts/run.ts';
import type { SweepRecord } from '../../activities/sweep/contracts.ts';

export type Kind = 'run' | 'sweep';
export type Deed = 'cancel' | 'resume';

export class Deeds {
  readonly #out: string;
  readonly #flags: ServerFlags;
  /** The last sentence of each run and sweep. */
  readonly #said = new Map<string, string>();
  readonly #going = new Set<Promise<void>>();

  constructor(out: string, flags: ServerFlags) {
    [this.#out, this.#flags] = [out, flags];
  }

  saidOf(id: string): string | null {
    return this.#said.get(id) ?? null;
  }

  begin(deed: Deed, kind: Kind, id: string): void {
    this.#said.set(id, deed === 'cancel' ? 'Being cancelled.' : 'Being resumed.');
    const done = this.#do(deed, kind, id).then(
      (sentence) => void this.#said.set(id, sentence),
      (error: unknown) => void this.#said.set(id, withoutSecrets(error instanceof Error ? error.message : String(error))),
    );
    this.#going.add(done);
    void done.finally(() => this.#going.delete(done));
  }

  /** Until every deed is done. */
  async settle(): Promise<void> {
    await Promise.all(this.#going);
  }

  async #do(deed: Deed, kind: Kind, id: string): Promise<string> {
    const stored: StoredServer | null = kind === 'run' ? await readRequest(this.#out, id) : await findSweep(this.#out, id);
    const ground = await openGround(this.#out, this.#flags, stored);
    try {
      return deed === 'cancel' ? await this.#cancel(ground, kind, id) : await this.#resume(ground, kind, id);
    } finally {
      // the last one leaves the server to the workers that are there, or ends it
      await (this.#going.size > 1 ? ground.leave() : ground.close());
    }
  }

  async #cancel(ground: Ground, kind: Kind, id: string): Promise<string> {
    if (!await isOpen(ground.client, id)) return `The server has no open workflow for ${id}: there is nothing to cancel.`;
    await cancelWorkflow(ground, layoutOf(this.#out), id, kind);
    return 'Cancelled; it can be resumed.';
  }

  async #resume(ground: Ground, kind: Kind, id: string): Promise<string> {
    const record = kind === 'run' ? await readRecord(this.#out, id) : await findSweep(this.#out, id);
    // the page that was clicked on may be an old one
    if (record?.status === 'completed') return 'It is completed: there is nothing to resume.';
    if (kind === 'run') {
      const { request } = (await readRequest(this.#out, id))!;
      await reopenRun(ground.client, { ...request, ...retold(record as StoredRecord | null, request) });
    }
    else if (!await isOpen(ground.client, id)) await startSweep(ground.client, (record as SweepRecord).sweep, false);
    if (ground.isEmbedded) await detachWorker(layoutOf(this.#out), ground.server, { evenBesideOthers: false });
    const resumed = ground.isEmbedded ? 'Resumed; a worker in the background goes on with it.' : 'Resumed; workers of its server go on with it.';
    this.#said.set(id, resumed);
    const replaced = await replaceWhereCodeDiffers(ground.client, id, () => this.#again(ground, kind, id));
    return replaced === null ? resumed : `${resumed} ${replaced}`;
  }

  /** In a new execution, from what is recorded by now. */
  async #again({ client }: Ground, kind: Kind, id: string): Promise<unknown> {
    return kind === 'run' ? resumeFromArtifacts(client, this.#out, id) : startSweep(client, (await findSweep(this.#out, id)).sweep, false);
  }
}
