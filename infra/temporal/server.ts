/** A Temporal server as clients and workers reach it. */
import type { ConnectionOptions } from '@temporalio/client';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { clientThrough, serverProxy, workerThrough, type ServerProxy } from './server-proxy.ts';

/** Never printed, recorded, or put on a command line: see `secrets.ts`. */
export type Credentials = Pick<NativeConnectionOptions, 'apiKey' | 'tls' | 'metadata'>;

export interface Server {
  /** HOST:PORT. */
  readonly address: string;
  readonly namespace: string;
  /** Of the configuration file, where one was chosen by name. */
  readonly profile: string | null;
  /** null: none are sent, whatever environment and file hold, for they are not for this server. */
  readonly credentials: Credentials | null;
}

/** The one that Counterflow starts. */
export const embedded = (address: string): Server => ({
  address,
  namespace: 'default',
  profile: null,
  credentials: null,
});

type Reached = Pick<Server, 'address' | 'credentials'>;
export const proxyOf = ({ address, credentials }: Reached): ServerProxy | null =>
  serverProxy(address, Boolean(credentials?.tls));

/** Throw ServerConfigError: a proxy that cannot be used. */
export const clientOptions = (server: Reached): ConnectionOptions => ({
  ...server.credentials,
  ...clientThrough(proxyOf(server), server.address),
});
export const workerOptions = (server: Reached): NativeConnectionOptions => ({
  address: server.address,
  ...server.credentials,
  ...workerThrough(proxyOf(server)),
});

/** What is sent along, without what must not be seen. */
export function credentialsText(credentials: Credentials | null): string {
  if (credentials === null) return 'no credentials';
  const { apiKey, tls, metadata = {} } = credentials;
  const headers = Object.keys(metadata).length;
  return [
    tls ? 'TLS' : 'no TLS',
    ...(typeof tls === 'object' && tls?.clientCertPair ? ['client certificate'] : []),
    ...(apiKey ? ['API key'] : []),
    ...(headers > 0 ? [`${headers} gRPC ${headers === 1 ? 'header' : 'headers'}`] : []),
  ].join(', ');
}
