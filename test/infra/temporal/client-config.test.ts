/** Which Temporal server is used, from flags, environment, configuration file and a run's request; and that
 *  what is said about it holds no secret. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import type { StoredServer } from '../../../activities/contracts/run.ts';
import {
  choiceText,
  chooseServer,
  storedServer,
  type ServerFlags,
} from '../../../infra/temporal/choose-server.ts';
import { keepSecret, withoutSecrets } from '../../../infra/temporal/secrets.ts';
import { ServerConfigError } from '../../../infra/temporal/server-config-error.ts';
import { createAuthority, signedBy, type Certificate } from '../../support/certificates.ts';
import { temporaryFolder } from '../../support/folders.ts';

const folder = temporaryFolder('client-config');
const key = 'tmprl_of_the_file_0123456789';
const header = 'header-0123456789';
const written = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const file = written(
  'temporal.toml',
  `
[profile.default]
address = "of-default:7233"
namespace = "spare"

[profile.lab]
address = "of-lab:7233"
namespace = "lab"
api_key = "${key}"
grpc_meta = { x-team = "${header}" }

[profile.bare]
namespace = "lab"
`,
);
const inFile = { TEMPORAL_CONFIG_FILE: file };
const nothing = { HOME: folder };
const choose = (flags: ServerFlags, env: NodeJS.ProcessEnv, stored: StoredServer | null = null) =>
  chooseServer(flags, stored, env);

describe('the server of a command', () => {
  test('is the embedded one where nothing names another', () => {
    assert.deepEqual(choose({}, nothing), { server: null, because: 'no other is configured' });
    assert.deepEqual(
      choose({}, { ...nothing, TEMPORAL_ADDRESS: '', TEMPORAL_NAMESPACE: 'lab' }).server,
      null,
    );
    assert.match(
      choose({}, { ...nothing, TEMPORAL_API_KEY: key }).because,
      /credentials are configured, but no address/,
    );
  });

  test('is that of the default profile, of the environment over it, and of flags over both', () => {
    const given = (flags: ServerFlags, env: NodeJS.ProcessEnv) => {
      const { server, because } = choose(flags, env);
      return [server!.address, server!.namespace, because.replace(file, 'FILE')];
    };
    assert.deepEqual(given({}, inFile), ['of-default:7233', 'spare', 'profile "default" of FILE']);
    assert.deepEqual(given({}, { ...inFile, TEMPORAL_PROFILE: 'lab' }), [
      'of-lab:7233',
      'lab',
      'profile "lab" of FILE',
    ]);
    assert.deepEqual(given({}, { ...inFile, TEMPORAL_ADDRESS: 'of-env:7233' }), [
      'of-env:7233',
      'spare',
      'TEMPORAL_ADDRESS',
    ]);
    assert.deepEqual(
      given({ profile: 'lab' }, { ...inFile, TEMPORAL_PROFILE: 'default', TEMPORAL_NAMESPACE: 'of-env' }),
      ['of-lab:7233', 'of-env', 'profile "lab" of FILE'],
    );
    assert.deepEqual(
      given(
        { address: 'of-flag:7233', namespace: 'of-flag' },
        { ...inFile, TEMPORAL_ADDRESS: 'of-env:7233', TEMPORAL_NAMESPACE: 'of-env' },
      ),
      ['of-flag:7233', 'of-flag', '--address'],
    );
  });

  test('is the embedded one with --local, whatever is configured', () => {
    assert.deepEqual(choose({ local: true }, { ...inFile, TEMPORAL_ADDRESS: 'of-env:7233' }), {
      server: null,
      because: '--local',
    });
    assert.throws(
      () => choose({ local: true, address: 'of-flag:7233' }, nothing),
      /Expected --address for a server somebody else runs, but the embedded one is used here \(--local\)/,
    );
  });

  test('gets API key, TLS and headers, TLS with any API key', () => {
    const { credentials } = choose({ profile: 'lab' }, inFile).server!;
    assert.deepEqual(credentials, { apiKey: key, tls: true, metadata: { 'x-team': header } });
    assert.deepEqual(
      choose(
        { profile: 'lab' },
        {
          ...inFile,
          TEMPORAL_TLS: 'false',
          TEMPORAL_API_KEY: 'another_key_1',
          TEMPORAL_GRPC_META_X_TEAM: '',
        },
      ).server!.credentials,
      { apiKey: 'another_key_1', tls: false, metadata: {} },
    );
    assert.deepEqual(choose({ address: 'of-flag:7233' }, nothing).server!.credentials, {});
  });

  test('is told in one line, with the reason and without secrets', () => {
    const line = choiceText(choose({ profile: 'lab' }, inFile), 'of-lab:7233');
    assert.equal(
      line,
      'Temporal: of-lab:7233, namespace "lab", TLS, API key, 1 gRPC header (profile "lab" of '
        + `${file}; --local uses the embedded server).`,
    );
    assert.equal(
      choiceText(choose({}, nothing), '127.0.0.1:4000'),
      'Temporal: the embedded server, 127.0.0.1:4000 (no other is configured).',
    );
  });
});

describe('the server of a run that was started', () => {
  const lab: StoredServer = { address: 'of-lab:7233', namespace: 'lab', profile: 'lab' };

  test('is kept with it, without secrets, and found again', () => {
    const { server } = choose({ profile: 'lab' }, inFile);
    assert.deepEqual(storedServer(server), lab);
    assert.deepEqual(choose({}, { ...inFile, TEMPORAL_NAMESPACE: 'of-env' }, lab).server, server);
    assert.deepEqual(storedServer(null), { address: null });
  });

  test('is the embedded one for a run that was started there, whatever is configured now', () => {
    assert.equal(choose({}, { ...inFile, TEMPORAL_ADDRESS: 'of-env:7233' }, { address: null }).server, null);
  });

  test('is shown no credentials where nothing but the run names it', () => {
    const { server } = choose(
      {},
      { TEMPORAL_ADDRESS: 'of-lab:7233', TEMPORAL_API_KEY: key, HOME: folder },
      { address: 'elsewhere:7233' },
    );
    assert.deepEqual(server, {
      address: 'elsewhere:7233',
      namespace: 'default',
      profile: null,
      credentials: null,
    });
    assert.equal(
      choose(
        { address: 'elsewhere:7233' },
        { TEMPORAL_API_KEY: key, HOME: folder },
        { address: 'elsewhere:7233' },
      ).server!.credentials!.apiKey,
      key,
    );
  });
});

describe('a configuration that cannot be used is refused with one sentence and without secrets', () => {
  let one: Certificate;
  let other: Certificate;
  before(async () => {
    const authority = await createAuthority('tests');
    [one, other] = await Promise.all([signedBy(authority, 'one'), signedBy(authority, 'other')]);
  });

  const refused = (flags: ServerFlags, env: NodeJS.ProcessEnv, sentence: RegExp): void => {
    assert.throws(
      () => choose(flags, { ...nothing, TEMPORAL_ADDRESS: 'of-env:7233', ...env }),
      (error) => {
        assert.ok(error instanceof ServerConfigError, String(error));
        assert.match(error.message, sentence);
        assert.equal(error.message.split('\n').length, 1);
        for (const secret of [
          key,
          'broken_key',
          ...[one, other].flatMap((pair) => pair.key.split('\n').slice(1, -2)),
        ])
          assert.ok(!error.message.includes(secret), error.message);
        assert.equal(error.cause, undefined);
        return true;
      },
    );
  };

  test('a file that is no TOML, beside whose fault a key stands', () => {
    refused(
      {},
      {
        TEMPORAL_CONFIG_FILE: written(
          'broken.toml',
          `[profile.default]\napi_key = "${key}"\naddress = of-default\n`,
        ),
      },
      /broken\.toml to be TOML, but its line 3 is not/,
    );
  });

  test('a file that is not there, a profile that it has not, or one without an address', () => {
    refused(
      {},
      { TEMPORAL_CONFIG_FILE: join(folder, 'none.toml') },
      /Expected TEMPORAL_CONFIG_FILE to name a file, got ".*none\.toml"/,
    );
    refused({ profile: 'lob' }, inFile, /which has default, lab, bare; got "lob"/);
    refused({ profile: 'lab' }, {}, /which has none; got "lab"/);
    refused(
      { profile: 'bare' },
      { ...inFile, TEMPORAL_ADDRESS: '' },
      /Expected an address in the profile "bare", got none/,
    );
  });

  test('an address that is none, or a namespace without one', () => {
    refused(
      {},
      { TEMPORAL_ADDRESS: 'of-env' },
      /Expected HOST:PORT, as in localhost:7233, in TEMPORAL_ADDRESS, got "of-env"/,
    );
    refused(
      { namespace: 'lab' },
      { TEMPORAL_ADDRESS: '' },
      /Expected --namespace for a server somebody else runs/,
    );
  });

  test('an API key or a header with line breaks', () => {
    refused({}, { TEMPORAL_API_KEY: 'broken_key\n' }, /Expected an API key of printable characters/);
    refused(
      {},
      { TEMPORAL_GRPC_META_X_TEAM: 'broken_key\u0007' },
      /the name or the value of "x-team" has others/,
    );
  });

  test("a certificate without its key, with another's, in another form, or not there", () => {
    refused(
      {},
      { TEMPORAL_TLS_CLIENT_CERT_DATA: one.cert },
      /Expected a client certificate and its key, got one of them/,
    );
    refused(
      {},
      { TEMPORAL_TLS_CLIENT_CERT_DATA: one.cert, TEMPORAL_TLS_CLIENT_KEY_DATA: other.key },
      /belong together, in PEM form, but they are not \(key values mismatch\)/,
    );
    refused(
      {},
      { TEMPORAL_TLS_CLIENT_CERT_DATA: one.cert, TEMPORAL_TLS_CLIENT_KEY_DATA: 'broken_key' },
      /in PEM form, but they are not/,
    );
    refused(
      {},
      { TEMPORAL_TLS_CLIENT_CERT_PATH: file, TEMPORAL_TLS_CLIENT_CERT_DATA: one.cert },
      /got both \(Cannot specify both client_cert_path and client_cert_data\)/,
    );
    refused(
      {},
      { TEMPORAL_TLS_SERVER_CA_CERT_PATH: join(folder, 'none.pem') },
      /Expected a file for TLS to be readable, but it is not \(ENOENT\): .*none\.pem/,
    );
  });
});

test('known secrets are taken out of whatever is said', () => {
  keepSecret('se"cret-12345');
  assert.equal(
    withoutSecrets('Bearer se"cret-12345, {"key":"se\\"cret-12345"}'),
    'Bearer [secret], {"key":"[secret]"}',
  );
});
