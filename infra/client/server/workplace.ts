/** A folder of runs, and the servers that they are on: each is connected to when it is first needed. */
import type { StoredServer } from '../../../activities/contracts/run.ts';
import { layoutOf, type Layout } from '../../store/layout.ts';
import type { ServerFlags } from '../../temporal/choose-server.ts';
import { openConnection, serverFor, type ServerConnection } from './server-connection.ts';

export class Workplace {
  /** Absolute path of the folder. */
  readonly out: string;
  readonly layout: Layout;
  readonly flags: ServerFlags;
  readonly say: (line: string) => void;
  readonly #tends: boolean;
  readonly #open = new Map<string, Promise<ServerConnection>>();

  /** `say`: told which server it is and why, and what else people should know. Throws CounterflowError where
   *  the flags, the environment or Temporal's configuration file do not go together. `tends`: false where
   *  no worker is brought. */
  constructor(out: string, flags: ServerFlags, say: (line: string) => void, tends = true) {
    [this.out, this.layout, this.flags, this.say] = [out, layoutOf(out), flags, say];
    this.#tends = tends;
    serverFor(flags);
  }

  /** `stored`: where the run in question was started; null for a new one. Throws CounterflowError. */
  connection(stored: StoredServer | null = null): Promise<ServerConnection> {
    const { server } = serverFor(this.flags, stored);
    const key = JSON.stringify(server && [server.address, server.namespace, server.profile]);
    const known = this.#open.get(key);
    if (known !== undefined) return known;
    const opened = openConnection(this.out, this.flags, stored, { say: this.say, tends: this.#tends });
    this.#open.set(key, opened);
    // one that could not be opened is tried again
    opened.catch(() => this.#open.delete(key));
    return opened;
  }

  /** Whether that is the folder's own server. Throws CounterflowError. */
  isEmbedded(stored: StoredServer | null = null): boolean {
    return serverFor(this.flags, stored).server === null;
  }

  /** Ends a server of our own too, where nobody else needs it. */
  async close(): Promise<void> {
    await this.#each((connection) => connection.close());
  }

  /** Leaves the servers to whoever else uses them. */
  async leave(): Promise<void> {
    await this.#each((connection) => connection.leave());
  }

  async #each(end: (connection: ServerConnection) => Promise<void>): Promise<void> {
    const all = [...this.#open.values()];
    this.#open.clear();
    for (const opened of all) await opened.then(end, () => undefined);
  }
}
