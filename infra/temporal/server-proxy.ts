/** The proxy between us and a Temporal server, as the environment names it. A server on this machine has
 *  none. */
import type { ConnectionOptions } from '@temporalio/client';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { getProxyForUrl } from 'proxy-from-env';
import { isLoopback, withoutCredentials } from '../setup/proxy.mjs';
import { ServerConfigError } from './server-config-error.ts';

/** An HTTP proxy that is asked for a tunnel. */
export interface ServerProxy {
  /** HOST:PORT of the proxy. */
  readonly host: string;
  readonly login: { readonly username: string; readonly password: string } | null;
}

/** `address`: HOST:PORT of the server. `grpc_proxy` goes before the variable of its scheme. Throws
 *  ServerConfigError: a proxy of another kind. */
export function serverProxy(address: string, tls: boolean): ServerProxy | null {
  if (isLoopback(address.replace(/:\d+$/, ''))) return null;
  const named =
    getProxyForUrl(`grpc://${address}`) || getProxyForUrl(`${tls ? 'https' : 'http'}://${address}`);
  if (named === '') return null;
  const url = URL.canParse(named) ? new URL(named) : null;
  // a proxy without a scheme has got that of its variable
  if (url === null || !/^(http|grpc|https):$/.test(url.protocol)) {
    throw new ServerConfigError(
      `Expected the proxy for the Temporal server at ${address} to be http://HOST:PORT, got `
        + `${withoutCredentials(named)}. Name such a one in grpc_proxy, or `
        + `${address.replace(/:\d+$/, '')} in no_proxy.`,
    );
  }
  const { hostname, port, username, password } = url;
  return {
    host: `${hostname}:${port || '80'}`,
    login:
      username === ''
        ? null
        : { username: decodeURIComponent(username), password: decodeURIComponent(password) },
  };
}

/** Of a client's connection: what the environment says is decided here, not by gRPC, which knows no loopback
 *  and fewer variables. */
export function clientThrough(
  proxy: ServerProxy | null,
  address: string,
): Pick<ConnectionOptions, 'address' | 'channelArgs'> {
  const alone = { 'grpc.enable_http_proxy': 0 };
  if (proxy === null) return { address, channelArgs: alone };
  const { host, login } = proxy;
  return {
    address: host,
    channelArgs: {
      ...alone,
      'grpc.http_connect_target': `dns:${address}`,
      'grpc.default_authority': address,
      ...(login && { 'grpc.http_connect_creds': `${login.username}:${login.password}` }),
    },
  };
}

/** Of a worker's. */
export const workerThrough = (proxy: ServerProxy | null): Pick<NativeConnectionOptions, 'proxy'> =>
  proxy === null
    ? {}
    : {
        proxy: {
          type: 'http-connect',
          targetHost: proxy.host,
          ...(proxy.login && { basicAuth: proxy.login }),
        },
      };
