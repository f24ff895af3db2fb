/** Why a server cannot be spoken to: a client of Temporal only says that it could not connect in time. */
import { once } from 'node:events';
import { connect, type ClientHttp2Session, type SecureClientSessionOptions } from 'node:http2';
import type { Server } from './server.ts';

const answersWithinMs = 5000;

/** The error of opening an HTTP/2 connection, as gRPC does; null where that works. */
export async function greet({ address, credentials }: Server): Promise<Error & { readonly code?: string } | null> {
  const tls = credentials?.tls;
  const session = connect(`${tls ? 'https' : 'http'}://${address}`, secureOptions(tls));
  try {
    await Promise.race([once(session, 'remoteSettings', { signal: AbortSignal.timeout(answersWithinMs) }), closed(session)]);
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

function secureOptions(tls: boolean | null | undefined | NonNullable<NonNullable<Server['credentials']>['tls']>): SecureClientSessionOptions {
  if (typeof tls !== 'object' || tls === null) return {};
  const { serverNameOverride: servername, serverRootCACertificate: ca, clientCertPair: pair } = tls;
  return {
    ...servername !== undefined && { servername }, ...ca && { ca: Buffer.from(ca) },
    ...pair && { cert: Buffer.from(pair.crt), key: Buffer.from(pair.key) },
  };
}
