/** Clients of the Temporal servers that a folder's runs are on, for commands that only look: none of them
 *  starts a server or keeps one. */
import { Client, Connection } from '@temporalio/client';
import type { StoredServer } from '../../../activities/contracts/run.ts';
import { layoutOf } from '../../store/layout.ts';
import { findServer } from '../../temporal/find-server.ts';
import { users } from '../../temporal/server-record.ts';
import { clientOptions, embedded, type Server } from '../../temporal/server.ts';
import type { ServerFlags } from '../../temporal/choose-server.ts';
import { serverFor } from './server-connection.ts';

export interface ObservedServer {
  readonly client: Client;
  readonly namespace: string;
  /** Of Temporal's own user interface; null where it is not known. */
  readonly uiUrl: string | null;
  /** Whether a worker, or a command that has one, is there; null: on a server somebody else runs nobody
   *  knows. */
  readonly isTended: boolean | null;
}

const connectWithin = '3 s';

export class ObservingConnections {
  readonly #out: string;
  readonly #flags: ServerFlags;
  readonly #open = new Map<string, Promise<Connection>>();

  constructor(out: string, flags: ServerFlags) {
    [this.#out, this.#flags] = [out, flags];
  }

  /** `stored`: where the run in question was started. null: that server does not run. Throws
   *  CounterflowError. */
  async to(stored: StoredServer | null): Promise<ObservedServer | null> {
    const { server } = serverFor(this.#flags, stored);
    const own = server === null ? await findServer(this.#out) : null;
    if (server === null && own === null) return null;
    const isTended =
      own === null
        ? null
        : (await users(layoutOf(this.#out))).some(({ pid, tends }) => tends && pid !== process.pid);
    return this.#observed(server ?? embedded(own!.address), own?.uiUrl ?? null, isTended);
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.#open.values()].map((connection) =>
        connection.then(
          (open) => open.close(),
          () => undefined,
        ),
      ),
    );
  }

  async #observed(
    server: Server,
    uiUrl: string | null,
    isTended: boolean | null,
  ): Promise<ObservedServer | null> {
    const { address, namespace, profile } = server;
    const key = JSON.stringify([address, profile]);
    const connection =
      this.#open.get(key) ?? Connection.connect({ ...clientOptions(server), connectTimeout: connectWithin });
    this.#open.set(key, connection);
    try {
      return { client: new Client({ connection: await connection, namespace }), namespace, uiUrl, isTended };
    } catch {
      this.#open.delete(key);
      return null;
    }
  }
}
