/** Temporal's standard client configuration: a profile of its TOML file, and over it the environment
 *  (TEMPORAL_ADDRESS, TEMPORAL_API_KEY, TEMPORAL_TLS_... ). */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  loadClientConfig,
  loadClientConfigProfile,
  toClientOptions,
  type ClientConfigProfile,
} from '@temporalio/envconfig';
import { checkedCredentials } from './check-credentials.ts';
import { isSystemError } from '../../activities/disk/storage-errors.ts';
import { keepSecret } from './secrets.ts';
import type { Credentials } from './server.ts';
import { ServerConfigError } from './server-config-error.ts';

export interface ClientConfig {
  /** null where neither environment nor file has one. */
  readonly address: string | null;
  readonly namespace: string | null;
  /** Chosen by name, not by default. */
  readonly profile: string | null;
  readonly credentials: Credentials;
  /** Where the address is from, for people. */
  readonly from: string;
}

type Environment = Readonly<Record<string, string>>;

/** `profile`: of the command line. Throws ServerConfigError. */
export function readClientConfig(
  profile: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): ClientConfig {
  const env = present(environment);
  const file = configFile(env);
  if (env['TEMPORAL_CONFIG_FILE'] !== undefined && !existsSync(file))
    throw new ServerConfigError(`Expected TEMPORAL_CONFIG_FILE to name a file, got ${JSON.stringify(file)}.`);
  const name = profile ?? env['TEMPORAL_PROFILE'] ?? null;
  const found = readProfile(name, env, file);
  const where = `profile ${JSON.stringify(name ?? 'default')} of ${file}`;
  for (const field of ['address', 'namespace', 'apiKey'] as const) {
    if (typeof (found[field] ?? '') !== 'string')
      throw new ServerConfigError(`Expected a text as ${field} in ${where}, got a ${typeof found[field]}.`);
  }
  return {
    address: found.address || null,
    namespace: found.namespace || null,
    profile: name,
    credentials: checkedCredentials(() => toClientOptions(found).connectionOptions, found),
    from: env['TEMPORAL_ADDRESS'] === undefined ? where : 'TEMPORAL_ADDRESS',
  };
}

/** An empty variable counts as none, but that of a gRPC header, which takes the header away. */
function present(environment: NodeJS.ProcessEnv): Environment {
  const entries = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return Object.fromEntries(
    entries.filter(([name, value]) => value !== '' || name.startsWith('TEMPORAL_GRPC_META_')),
  );
}

/** Where Temporal's own tools look too. */
export function configFile(env: Environment): string {
  return (
    env['TEMPORAL_CONFIG_FILE']
    ?? join(env['XDG_CONFIG_HOME'] ?? join(env['HOME'] ?? '', '.config'), 'temporalio', 'temporal.toml')
  );
}

function readProfile(name: string | null, env: Environment, file: string): ClientConfigProfile {
  try {
    const profile = loadClientConfigProfile({
      ...(name !== null && { profile: name }),
      overrideEnvVars: env,
    });
    keepSecretsOf(profile);
    return profile;
  } catch (error) {
    // a file without any profile is as good as none
    if (error instanceof TypeError && name === null)
      return loadClientConfigProfile({ disableFile: true, overrideEnvVars: env });
    throw readingError(error, name, env, file);
  }
}

function keepSecretsOf({ apiKey, grpcMeta = {}, tls }: ClientConfigProfile): void {
  const pem = [tls?.clientCert, tls?.clientKey].map((source) =>
    source && 'data' in source ? Buffer.from(source.data).toString() : '',
  );
  for (const secret of [apiKey, ...Object.values(grpcMeta), ...pem])
    if (typeof secret === 'string') keepSecret(secret);
}

/** A parser's message shows the lines around the fault, and one of them may hold a key: only their numbers
 *  are passed on. */
function readingError(error: unknown, name: string | null, env: Environment, file: string): unknown {
  if (!(error instanceof Error)) return error;
  if (isSystemError(error))
    return new ServerConfigError(`Expected ${file} to be readable, but it is not (${error.code}).`);
  if ('line' in error)
    return new ServerConfigError(`Expected ${file} to be TOML, but its line ${String(error.line)} is not.`);
  if (/^Cannot specify both/.test(error.message))
    return new ServerConfigError(
      `Expected a TLS file or its content, got both (${error.message}); leave one out.`,
    );
  return new ServerConfigError(
    `Expected a profile of ${file}, which has ${namesIn(env) || 'none'}; got ${JSON.stringify(name)}.`,
  );
}

function namesIn(env: Environment): string {
  try {
    return Object.keys(loadClientConfig({ overrideEnvVars: env }).profiles).join(', ');
  } catch {
    return '';
  }
}
