/** Which Temporal server a command uses, and why: flags go before the environment, that before the
 *  configuration file, and where none names one the embedded server it is. */
import type { StoredServer } from '../../activities/contracts/run.ts';
import { isAddress } from './address.ts';
import { readClientConfig } from './client-config.ts';
import { credentialsText, type Server } from './server.ts';
import { ServerConfigError } from './server-config-error.ts';

export interface ServerFlags {
  readonly address?: string;
  readonly namespace?: string;
  readonly profile?: string;
  readonly local?: true;
}

export interface ServerChoice {
  /** null: the embedded one. */
  readonly server: Server | null;
  readonly because: string;
}

/** `stored`: where the run in question was started. Throws ServerConfigError. */
export function chooseServer(
  flags: ServerFlags,
  stored: StoredServer | null = null,
  environment = process.env,
): ServerChoice {
  const { address, namespace, profile, local } = flags;
  if (local) return ours(flags, '--local');
  if (stored !== null && address === undefined && profile === undefined)
    return whereItWasStarted(stored, flags, environment);
  const config = readClientConfig(profile, environment);
  const given = address ?? config.address;
  if (given === null && config.profile !== null)
    throw new ServerConfigError(
      `Expected an address in the profile ${JSON.stringify(config.profile)}, got none; add one, or `
        + 'give it by --address or TEMPORAL_ADDRESS.',
    );
  if (given === null)
    return ours(
      flags,
      Object.keys(config.credentials).length > 0
        ? 'credentials are configured, but no address'
        : 'no other is configured',
    );
  return {
    server: {
      address: valid(given, config.from),
      namespace: namespace ?? config.namespace ?? 'default',
      profile: config.profile,
      credentials: config.credentials,
    },
    because: address === undefined ? config.from : '--address',
  };
}

function ours({ address, namespace, profile }: ServerFlags, because: string): ServerChoice {
  const other = Object.entries({ address, namespace, profile }).find(([, value]) => value !== undefined)?.[0];
  if (other !== undefined)
    throw new ServerConfigError(
      `Expected --${other} for a server somebody else runs, but the embedded one is used here (${because}).`,
    );
  return { server: null, because };
}

/** A folder of runs may come from elsewhere: an address that it alone names gets no credentials. */
function whereItWasStarted(
  stored: StoredServer,
  flags: ServerFlags,
  environment: NodeJS.ProcessEnv,
): ServerChoice {
  if (stored.address === null) return ours(flags, 'the run was started on it');
  const address = valid(stored.address, 'request.json');
  const config = readClientConfig(stored.profile, environment);
  const namespace = flags.namespace ?? stored.namespace ?? 'default';
  if (config.address === address)
    return {
      server: { address, namespace, profile: config.profile, credentials: config.credentials },
      because: 'the run was started there',
    };
  return {
    server: { address, namespace, profile: null, credentials: null },
    because: 'the run was started there',
  };
}

function valid(address: string, from: string): string {
  if (!isAddress(address))
    throw new ServerConfigError(
      `Expected HOST:PORT, as in localhost:7233, in ${from}, got ${JSON.stringify(address)}.`,
    );
  return address;
}

/** What a request keeps of the choice: no secrets. */
export function storedServer(server: Server | null): StoredServer {
  if (server === null) return { address: null };
  const { address, namespace, profile } = server;
  return { address, namespace, ...(profile !== null && { profile }) };
}

/** One line for the terminal. */
export function choiceText({ server, because }: ServerChoice, address: string): string {
  if (server === null) return `Temporal: the embedded server, ${address} (${because}).`;
  return (
    `Temporal: ${address}, namespace ${JSON.stringify(server.namespace)}, `
    + `${credentialsText(server.credentials)} (${because}; --local uses the embedded server).`
  );
}
