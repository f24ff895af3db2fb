/** What a command stands on: a Temporal server, found, started or given, and a client of it. */
import { Client, Connection } from '@temporalio/client';
import type { StoredServer } from '../../../activities/contracts/run.ts';
import {
  choiceText,
  chooseServer,
  storedServer,
  type ServerChoice,
  type ServerFlags,
} from '../../temporal/choose-server.ts';
import { requireServer } from '../../temporal/connect.ts';
import { ensureServer, stopServer } from '../../temporal/dev-server.ts';
import { clientOptions, embedded, type Server } from '../../temporal/server.ts';
import { ServerConfigError } from '../../temporal/server-config-error.ts';
import { ServerError } from '../../temporal/server-error.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { invocation } from '../../base/invocation.ts';

export interface ServerConnection {
  readonly client: Client;
  readonly server: Server;
  readonly isEmbedded: boolean;
  /** Temporal's own user interface; null where its address is not known. */
  readonly uiUrl: string | null;
  /** Ends the server too, if it is ours and nobody else needs it. */
  close(): Promise<void>;
  /** Leaves the server to whoever else uses it. */
  leave(): Promise<void>;
}

export interface OpenOptions {
  /** False where whoever opens it brings no worker. */
  readonly tends?: boolean;
  /** Told in one line which server it is and why. */
  readonly say: (line: string) => void;
}

/** `stored`: where the run in question was started. Throws CounterflowError. */
export async function openConnection(
  out: string,
  flags: ServerFlags,
  stored: StoredServer | null,
  { tends = true, say }: OpenOptions,
): Promise<ServerConnection> {
  const choice = serverFor(flags, stored);
  const { server, uiUrl } = await (
    choice.server === null ? openEmbedded(out, tends, say) : openGiven(choice.server)
  ).catch((error: unknown) => {
    throw error instanceof ServerError ? new CounterflowError(exitCodes.environment, error.message) : error;
  });
  say(choiceText(choice, server.address));
  const connection = await Connection.connect(clientOptions(server));
  return {
    client: new Client({ connection, namespace: server.namespace }),
    server,
    uiUrl,
    isEmbedded: choice.server === null,
    leave: () => connection.close(),
    async close() {
      await connection.close();
      if (choice.server === null) await stopServer(out);
    },
  };
}

/** Before anything is started or asked. Throws CounterflowError. */
export function serverFor(flags: ServerFlags, stored: StoredServer | null = null): ServerChoice {
  try {
    return chooseServer(flags, stored);
  } catch (error) {
    throw error instanceof ServerConfigError
      ? new CounterflowError(exitCodes.badInput, error.message)
      : error;
  }
}

/** What a request keeps of where it was made. */
export const storedIn = ({ server, isEmbedded }: ServerConnection): StoredServer =>
  storedServer(isEmbedded ? null : server);

interface Opened {
  readonly server: Server;
  readonly uiUrl: string | null;
}

async function openEmbedded(out: string, tends: boolean, say: OpenOptions['say']): Promise<Opened> {
  const { address, uiUrl, setAside } = await ensureServer({ out, tends });
  if (setAside !== null)
    say(
      `The Temporal server's database could not be read and is kept as ${setAside}; a new one is `
        + `begun. \`${invocation} resume\` goes on with runs from their artifacts.`,
    );
  return { server: embedded(address), uiUrl };
}

async function openGiven(server: Server): Promise<Opened> {
  await requireServer(server);
  return { server, uiUrl: null };
}
