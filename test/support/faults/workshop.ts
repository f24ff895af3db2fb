/** Server and supervised worker of a folder, as a command line has them, for many runs one after another. */
import { Client, Connection } from '@temporalio/client';
import type { RunRequest } from '../../../activities/contracts/run.ts';
import { awaitEnd } from '../../../infra/client/server/await-end.ts';
import { startWorkflow } from '../../../infra/client/runs/start-workflow.ts';
import { superviseWorker, type WorkerSupervisor } from '../../../infra/worker/supervise-worker.ts';
import { layoutOf, type Layout } from '../../../infra/store/layout.ts';
import { ensureServer, stopServer } from '../../../infra/temporal/dev-server.ts';
import { embedded } from '../../../infra/temporal/server.ts';
import { smallRequest } from './small-run.ts';

/** A supervisor starts a worker that dies young again five times. */
const deathsOfASupervisor = 4;

export class Workshop {
  readonly layout: Layout;
  readonly client: Client;
  readonly address: string;
  readonly #said: (line: string) => void;
  #worker: WorkerSupervisor;
  readonly #closed = new AbortController();
  #deaths = 0;

  /** `said`: gets what a command line would say. */
  static async open(out: string, said: (line: string) => void = () => {}): Promise<Workshop> {
    const { address } = await ensureServer({ out });
    return new Workshop(
      said,
      layoutOf(out),
      address,
      new Client({ connection: await Connection.connect({ address }) }),
    );
  }

  private constructor(said: (line: string) => void, layout: Layout, address: string, client: Client) {
    this.#said = said;
    this.layout = layout;
    this.client = client;
    this.address = address;
    this.#worker = this.#supervise();
  }

  /** Starts a small run; resolves when it has ended well. */
  async run(id: string, more: readonly string[] = []): Promise<void> {
    await this.answer(smallRequest(id, more));
  }

  /** Starts what is asked for; resolves when it has ended well. */
  async answer(request: RunRequest): Promise<void> {
    await startWorkflow(this.client, request);
    await awaitEnd(this.client, request.runId, this.#closed.signal, () => {});
  }

  async afterDeath(): Promise<void> {
    this.#deaths += 1;
    if (this.#deaths % deathsOfASupervisor !== 0) return;
    await this.#worker.stop();
    this.#worker = this.#supervise();
  }

  async close(): Promise<void> {
    this.#closed.abort(new Error('the workshop is closed'));
    await this.#worker.stop();
    await (this.client.connection as Connection).close();
    await stopServer(this.layout.out);
  }

  #supervise(): WorkerSupervisor {
    return superviseWorker(this.layout, embedded(this.address), this.#said);
  }
}
