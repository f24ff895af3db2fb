/** What a command stands on: a Temporal server, found, started or given, and a client of it. */
import { Client, Connection } from '@temporalio/client';
import { ensureServer, stopServer } from '../temporal/dev-server.ts';
import { ServerError } from '../temporal/server-error.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import { invocation } from './invocation.ts';

export interface Ground {
  readonly client: Client;
  readonly address: string;
  /** Temporal's own user interface; null where its address is not known. */
  readonly uiUrl: string | null;
  /** Ends the server too, if it is ours and nobody else needs it. */
  close(): Promise<void>;
  /** Leaves the server to whoever else uses it. */
  leave(): Promise<void>;
}

export async function openGround(out: string, given: string | undefined): Promise<Ground> {
  const { address, uiUrl, setAside } = await ensureServer({ out, address: given }).catch((error: unknown) => {
    throw error instanceof ServerError ? new CliError(exitCodes.environment, error.message) : error;
  });
  if (setAside !== null) process.stderr.write(`The Temporal server's database could not be read and is kept as ${setAside}; a new one is begun. \`${invocation} resume\` goes on with runs from their artifacts.\n`);
  const connection = await Connection.connect({ address });
  return {
    client: new Client({ connection }),
    address,
    uiUrl,
    leave: () => connection.close(),
    async close() {
      await connection.close();
      if (given === undefined) await stopServer(out);
    },
  };
}
