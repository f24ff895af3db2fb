/** Credentials that can be sent at all: what a library would complain about later, some with the secret in
 *  its words, is said here without. */
import { createSecureContext } from 'node:tls';
import type { ClientConfigProfile } from '@temporalio/envconfig';
import { isSystemError } from '../../activities/disk/storage-errors.ts';
import { keepSecret } from './secrets.ts';
import type { Credentials } from './server.ts';
import { ServerConfigError } from './server-config-error.ts';

/** `load` reads the files that the profile names. Throws ServerConfigError. */
export function checkedCredentials(
  load: () => Credentials,
  { apiKey, grpcMeta = {}, tls }: ClientConfigProfile,
): Credentials {
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey))
    throw new ServerConfigError(
      'Expected an API key of printable characters without spaces; the one in TEMPORAL_API_KEY, or '
        + 'api_key of the profile, has others.',
    );
  for (const [name, value] of Object.entries(grpcMeta)) {
    if (typeof value !== 'string' || !/^[a-z\d_.-]+$/.test(name) || !/^[\x20-\x7e]*$/.test(value))
      throw new ServerConfigError(
        'Expected a gRPC header of printable characters, but the name or the value of '
          + `${JSON.stringify(name)} has others.`,
      );
  }
  if ((tls?.clientCert === undefined) !== (tls?.clientKey === undefined)) {
    throw new ServerConfigError(
      'Expected a client certificate and its key, got one of them; TEMPORAL_TLS_CLIENT_CERT_PATH and '
        + 'TEMPORAL_TLS_CLIENT_KEY_PATH name both, or client_cert_path and client_key_path of the '
        + 'profile.',
    );
  }
  const { tls: read, metadata } = loaded(load);
  checkPem(read);
  return {
    ...(apiKey !== undefined && { apiKey }),
    ...(read !== undefined && { tls: read }),
    ...(metadata !== undefined && { metadata }),
  };
}

function loaded(load: () => Credentials): Credentials {
  try {
    return load();
  } catch (error) {
    if (isSystemError(error))
      throw new ServerConfigError(
        `Expected a file for TLS to be readable, but it is not (${error.code}): `
          + `${String((error as NodeJS.ErrnoException).path)}.`,
      );
    throw error;
  }
}

function checkPem(tls: Credentials['tls']): void {
  if (typeof tls !== 'object' || tls === null) return;
  const { clientCertPair: pair, serverRootCACertificate: ca } = tls;
  const [cert, key] = [pair?.crt, pair?.key].map((pem) => pem && Buffer.from(pem));
  for (const pem of [cert, key]) if (pem) keepSecret(pem.toString());
  try {
    createSecureContext({ ...(ca && { ca: Buffer.from(ca) }), ...(cert && { cert }), ...(key && { key }) });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split(':').at(-1)! : String(error);
    throw new ServerConfigError(
      `Expected TLS certificates and a key that belong together, in PEM form, but they are not (${reason}).`,
    );
  }
}
