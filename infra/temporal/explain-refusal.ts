/** What is wrong with a server, or with what it was shown, as a sentence with the remedy. */
import { isGrpcServiceError } from '@temporalio/client';
import { pingHttp2 } from './ping-http2.ts';
import { withoutSecrets } from './secrets.ts';
import type { Server } from './server.ts';

/** gRPC's codes. */
const notFound = 5;
const permissionDenied = 7;
const unauthenticated = 16;

export const explainRefusal = async (server: Server, error: unknown): Promise<string> =>
  withoutSecrets(await explain(server, error));

/** Whether it has not refused us, but not answered either. */
export async function takesConnections(server: Server, error: unknown): Promise<boolean> {
  const code = statusOf(error)?.code;
  return (
    code !== notFound
    && code !== permissionDenied
    && code !== unauthenticated
    && (await pingHttp2(server)) === null
  );
}

function statusOf(error: unknown): { readonly code: number; readonly details: string } | null {
  if (isGrpcServiceError(error)) return error;
  return error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : null;
}

async function explain(server: Server, error: unknown): Promise<string> {
  const status = statusOf(error);
  const { address, namespace } = server;
  const said = status?.details.split('\n')[0];
  if (status?.code === notFound)
    return (
      `The Temporal server at ${address} has no namespace ${JSON.stringify(namespace)}; name one that `
      + 'it has by --namespace, TEMPORAL_NAMESPACE or namespace of the profile.'
    );
  if (status?.code === unauthenticated || status?.code === permissionDenied)
    return (
      `The Temporal server at ${address} does not let us into the namespace `
      + `${JSON.stringify(namespace)} (${said}); ${credentialsRemedy(server)}`
    );
  const reason = await pingHttp2(server);
  return reason === null
    ? `The Temporal server at ${address} takes connections, but does not answer for the namespace `
        + `${JSON.stringify(namespace)} (${said ?? messageOf(error)}); see to it, or use the embedded one `
        + 'by --local.'
    : unreachable(server, reason);
}

/** Where credentials were kept back. */
const trustRemedy = (address: string): string =>
  `no credentials were sent, for nothing but the run's folder names this server: if it is yours, say `
  + `so by --address ${address}.`;

function credentialsRemedy({ address, credentials }: Server): string {
  if (credentials === null) return trustRemedy(address);
  if (credentials.apiKey === undefined)
    return 'no API key was sent: put one into TEMPORAL_API_KEY, or api_key of the profile.';
  return (
    'the API key is wrong, expired or for another namespace: put a valid one into TEMPORAL_API_KEY, or '
    + 'api_key of the profile.'
  );
}

function unreachable(
  { address, namespace, credentials }: Server,
  error: Error & { readonly code?: string },
): string {
  const { code = '' } = error;
  const reason = messageOf(error);
  const tls = credentials?.tls;
  if (code === 'PROXY')
    return (
      `The Temporal server at ${address} cannot be reached through a proxy: ${reason}. The variables `
      + 'grpc_proxy, http_proxy and https_proxy name one; a host in no_proxy is reached without.'
    );
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return (
      `The certificate of the Temporal server at ${address} is for another name (${reason}); give that `
      + 'name by TEMPORAL_TLS_SERVER_NAME, or server_name of the profile.'
    );
  if (/CERT|ISSUER|SIGNATURE/.test(code) && !/ALERT/.test(code))
    return (
      `The certificate of the Temporal server at ${address} is not to be trusted (${reason}); its `
      + 'authority goes into TEMPORAL_TLS_SERVER_CA_CERT_PATH, or server_ca_cert_path of the profile.'
    );
  if (tls && /WRONG_VERSION|PACKET_LENGTH/.test(code))
    return (
      `The Temporal server at ${address} does not speak TLS; TEMPORAL_TLS=false, or disabled = true `
      + 'under tls of the profile, goes without.'
    );
  if (tls && /ALERT|CLOSED|ECONNRESET/.test(code))
    return (
      `The Temporal server at ${address} does not take our client certificate (${reason}); `
      + 'TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH, or client_cert_path and '
      + 'client_key_path of the profile, name another.'
    );
  if (credentials === null && /ECONNRESET|CLOSED|ERR_HTTP2/.test(code))
    return (
      `What listens at ${address} is no Temporal server, or wants TLS (${reason}); `
      + `${trustRemedy(address)}`
    );
  if (/ECONNRESET|CLOSED|ERR_HTTP2/.test(code))
    return (
      `What listens at ${address} is no Temporal server, or wants TLS (${reason}); TEMPORAL_TLS=true, `
      + 'or a tls section in the profile, gives it that.'
    );
  return (
    `No Temporal server answers at ${address} for the namespace "${namespace}" (${reason}). Start one `
    + 'there, or use the embedded one: by --local, or without --address and its like.'
  );
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}
