/** Why a server cannot be spoken to: a client of Temporal only says that it could not connect in time. */
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect, type ClientHttp2Session, type SecureClientSessionOptions } from 'node:http2';
import { isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ServerProxy } from './server-proxy.ts';
import { proxyOf, type Server } from './server.ts';

const answersWithinMs = 5000;

/** The error of opening an HTTP/2 connection, as gRPC does; null where that works. */
export async function pingHttp2(server: Server): Promise<(Error & { readonly code?: string }) | null> {
  const { address, credentials } = server;
  const tls = credentials?.tls;
  const proxy = proxyOf(server);
  const through = proxy && (await tunnel(proxy, address).catch((error: Error) => error));
  if (through instanceof Error) return through;
  const secure = secureOptions(tls);
  const session = connect(`${tls ? 'https' : 'http'}://${address}`, {
    ...secure,
    ...(through && { createConnection: () => overTunnel(through, address, tls ? secure : null) }),
  });
  try {
    await Promise.race([
      once(session, 'remoteSettings', { signal: AbortSignal.timeout(answersWithinMs) }),
      closed(session),
    ]);
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    session.on('error', () => undefined).destroy();
  }
}

async function closed(session: ClientHttp2Session): Promise<never> {
  await once(session, 'close');
  throw Object.assign(new Error('it closed the connection'), { code: 'CLOSED' });
}

/** A connection to `address` that the proxy hands on. Rejects with an error of the code PROXY. */
async function tunnel({ host, login }: ServerProxy, address: string): Promise<Socket> {
  const failed = (why: string): Error =>
    Object.assign(new Error(`the proxy ${host} ${why}`), { code: 'PROXY' });
  const headers = {
    host: address,
    ...(login && {
      'proxy-authorization': `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`,
    }),
  };
  const asked = request(`http://${host}`, {
    method: 'CONNECT',
    path: address,
    headers,
    signal: AbortSignal.timeout(answersWithinMs),
  }).end();
  const [answer, socket] = (await once(asked, 'connect').catch((error: Error) => {
    throw failed(`does not answer: ${error.message}`);
  })) as [IncomingMessage, Socket];
  if (answer.statusCode === 200) return socket;
  socket.destroy();
  throw failed(`answers ${answer.statusCode} ${answer.statusMessage}`);
}

function overTunnel(socket: Socket, address: string, secure: SecureClientSessionOptions | null): Socket {
  if (secure === null) return socket;
  const host = address.replace(/:\d+$/, '');
  return connectTls({ servername: isIP(host) === 0 ? host : '', ...secure, socket, ALPNProtocols: ['h2'] });
}

function secureOptions(
  tls: boolean | null | undefined | NonNullable<NonNullable<Server['credentials']>['tls']>,
): SecureClientSessionOptions {
  if (typeof tls !== 'object' || tls === null) return {};
  const { serverNameOverride: servername, serverRootCACertificate: ca, clientCertPair: pair } = tls;
  return {
    ...(servername !== undefined && { servername }),
    ...(ca && { ca: Buffer.from(ca) }),
    ...(pair && { cert: Buffer.from(pair.crt), key: Buffer.from(pair.key) }),
  };
}
