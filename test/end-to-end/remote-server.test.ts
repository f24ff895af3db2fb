/** A server behind TLS with client certificates and API keys: runs work there, refusals are sentences, and no
 *  secret is written anywhere. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { exitCodes } from '../../infra/base/exit-codes.ts';
import { chooseServer } from '../../infra/temporal/choose-server.ts';
import { requireServer } from '../../infra/temporal/connect.ts';
import { ensureServer, stopServer } from '../../infra/temporal/dev-server.ts';
import { ServerError } from '../../infra/temporal/server-error.ts';
import { createAuthority, signedBy, type Certificate } from '../support/certificates.ts';
import { processesWith, start, type Ended } from '../support/command-line.ts';
import { runArguments } from '../support/faults/small-run.ts';
import { temporaryFolder } from '../support/folders.ts';
import { Gateway, refuse } from '../support/gateway.ts';
import { noTemporal } from '../support/temporal.ts';

const folder = temporaryFolder('remote-server');
const out = join(folder, 'runs');
const theirs = join(folder, 'theirs');
const keys = {
  valid: 'key_that_is_valid_0123456789',
  expired: 'key_that_has_expired_0123456789',
  unknown: 'key_that_nobody_knows_0123456789',
};
/** In the environment of every process of ours, and nobody else's business. */
const withKey = { TEMPORAL_PROFILE: 'lab', TEMPORAL_API_KEY: keys.valid };

const written = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const linesOf = (pem: string): string[] =>
  pem.split('\n').filter((line) => line.length > 20 && !line.startsWith('-----'));

describe(
  'a server that somebody else runs',
  { skip: noTemporal, concurrency: false, timeout: 300_000 },
  () => {
    let gateway: Gateway;
    let plain: string;
    let client: Certificate;
    let stranger: Certificate;
    let strangersAuthority: Certificate;
    /** Address, namespace and TLS of profile `lab`; the API key comes by the environment. */
    let inFile: Record<string, string>;
    /** All that processes said, by their output or by their command lines. */
    const said: string[] = [];

    before(async () => {
      plain = (await ensureServer({ out: theirs })).address;
      await addNamespace(plain, 'lab');
      const authority = await createAuthority('tests');
      strangersAuthority = await createAuthority('strangers');
      [client, stranger] = await Promise.all([
        signedBy(authority, 'client'),
        signedBy(strangersAuthority, 'stranger'),
      ]);
      gateway = await Gateway.open(
        plain,
        await signedBy(authority, 'server'),
        authority,
        new Map([
          [keys.valid, 'valid'],
          [keys.expired, 'expired'],
        ]),
      );
      const [ca, cert, key] = [
        written('ca.pem', authority.cert),
        written('client.pem', client.cert),
        written('client.key', client.key),
      ];
      inFile = {
        TEMPORAL_CONFIG_FILE: written(
          'temporal.toml',
          `
[profile.lab]
address = "${gateway.address}"
namespace = "lab"
tls = { server_ca_cert_path = "${ca}", client_cert_path = "${cert}", client_key_path = "${key}" }
`,
        ),
      };
    });
    after(async () => {
      await gateway.close();
      await stopServer(theirs);
    });

    async function counterflow(
      args: readonly string[],
      env: Record<string, string> = {},
      look: () => void = () => {},
    ): Promise<Ended> {
      const { ended } = start(args, { ...inFile, ...withKey, COUNTERFLOW_DEBUG: '1', ...env });
      let over = false;
      void ended.then(() => {
        over = true;
      });
      for (; !over; await sleep(100)) look();
      said.push((await ended).stdout, (await ended).stderr);
      return ended;
    }

    test('makes a run for a command line and a worker that show it certificate and key', async () => {
      const computing = new Set<string>();
      const { code, stderr } = await counterflow(runArguments(out), {}, () => {
        said.push(...processesWith([folder]).map((pid) => ofProcess(pid, 'cmdline')));
        const processes = processesWith(['worker/main.ts', out]).flatMap((worker) =>
          processesWith(['-process.ts'], worker),
        );
        for (const pid of processes) computing.add(ofProcess(pid, 'environ'));
      });
      assert.equal(code, 0, stderr);
      assert.match(
        stderr,
        new RegExp(
          `^Temporal: ${gateway.address}, namespace "lab", TLS, client certificate, API key `
            + `\\(profile "lab" of .*temporal\\.toml; --local uses the embedded server\\)\\.$`,
          'm',
        ),
      );
      assert.equal(gateway.letIn.size, 2, `client and worker, which are ${[...gateway.letIn].join(' and ')}`);
      assert.ok(computing.size > 0);
      assert.ok(
        ![...computing].some((environment) => environment.includes('TEMPORAL_')),
        'a compute process has no business there',
      );
    });

    test('is named in what `doctor` tells, and is that of the run when it is cancelled or resumed', async () => {
      const doctor = await counterflow(['doctor', '--json']);
      const found = (JSON.parse(doctor.stdout) as { name: string; value: string }[]).find(
        ({ name }) => name === 'Temporal server',
      )!;
      assert.match(
        found.value,
        new RegExp(`^${gateway.address}, namespace "lab", TLS, client certificate, API key \\(profile "lab"`),
      );
      const resumed = await counterflow(['resume', 'latest', '--repair', '--out', out], {
        TEMPORAL_ADDRESS: '',
        TEMPORAL_PROFILE: '',
      });
      assert.equal(resumed.code, 0, resumed.stderr);
      assert.match(resumed.stderr, /namespace "lab".*\(the run was started there;/);
    });

    test('is shown no credentials where nothing but the folder of a run names it', async () => {
      const request = join(
        out,
        readdirSync(out).find((name) => name.startsWith('eight'))!,
        'request.json',
      );
      const stored = readFileSync(request, 'utf8');
      const stranger = await refusingServer();
      writeFileSync(request, stored.replace(gateway.address, stranger.address));
      const { code, stderr } = await counterflow(['resume', 'latest', '--repair', '--out', out]);
      writeFileSync(request, stored);
      stranger.close();
      assert.equal(code, exitCodes.environment, stderr);
      assert.match(
        stderr,
        new RegExp(
          `no credentials were sent, for nothing but the run's folder names this server: if it is `
            + `yours, say so by --address ${stranger.address}`,
        ),
      );
      assert.ok(stranger.headers.length > 0);
      for (const headers of stranger.headers) assert.equal(headers.authorization, undefined);
    });

    const refusals: readonly (readonly [
      what: string,
      env: () => Record<string, string>,
      sentence: RegExp,
    ])[] = [
      [
        'an expired key',
        () => ({ TEMPORAL_API_KEY: keys.expired }),
        /does not let us into the namespace "lab" \(the key \[secret\] has expired\); the API key is wrong, expired or for another namespace: put a valid one into TEMPORAL_API_KEY/,
      ],
      [
        'an unknown key',
        () => ({ TEMPORAL_API_KEY: keys.unknown }),
        /\(the key \[secret\] is not known here\); the API key is wrong/,
      ],
      ['no key', () => ({ TEMPORAL_API_KEY: '' }), /no API key was sent: put one into TEMPORAL_API_KEY/],
      [
        'another namespace',
        () => ({ TEMPORAL_NAMESPACE: 'nowhere' }),
        /has no namespace "nowhere"; name one that it has by --namespace, TEMPORAL_NAMESPACE or namespace of the profile/,
      ],
      [
        'an authority that did not sign its certificate',
        () => ({ TEMPORAL_TLS_SERVER_CA_CERT_PATH: written('strange-ca.pem', strangersAuthority.cert) }),
        /The certificate of .* is not to be trusted \(.*\); its authority goes into TEMPORAL_TLS_SERVER_CA_CERT_PATH/,
      ],
      [
        'another name than its certificate has',
        () => ({ TEMPORAL_TLS_SERVER_NAME: 'other.test' }),
        /is for another name \(.*other\.test.*\); give that name by TEMPORAL_TLS_SERVER_NAME/,
      ],
      [
        'a certificate of another authority',
        () => ({
          TEMPORAL_TLS_CLIENT_CERT_PATH: written('strange.pem', stranger.cert),
          TEMPORAL_TLS_CLIENT_KEY_PATH: written('strange.key', stranger.key),
        }),
        /does not take our client certificate \(.*\); TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH/,
      ],
      [
        'no TLS',
        () => ({ TEMPORAL_TLS: 'false' }),
        /is no Temporal server, or wants TLS \(.*\); TEMPORAL_TLS=true/,
      ],
      [
        'TLS where it speaks none',
        () => ({ TEMPORAL_ADDRESS: plain }),
        /does not speak TLS; TEMPORAL_TLS=false/,
      ],
      [
        'nobody',
        () => ({ TEMPORAL_ADDRESS: '127.0.0.1:9' }),
        /No Temporal server answers at 127\.0\.0\.1:9 for the namespace "lab" \(.*ECONNREFUSED.*\)/,
      ],
    ];
    describe('is refused, or refuses, with one sentence: shown', { concurrency: true }, () => {
      for (const [what, env, sentence] of refusals) {
        test(what, async () => {
          const { server } = chooseServer({}, null, { ...inFile, ...withKey, ...env() });
          await assert.rejects(requireServer(server!), (error) => {
            assert.ok(error instanceof ServerError, String(error));
            said.push(error.stack!, JSON.stringify(error), String(error.cause));
            assert.match(error.message, sentence);
            assert.doesNotMatch(error.message, /\n/);
            return true;
          });
        });
      }
    });

    test('that refuses a command ends it with exit code 5 and that sentence', async () => {
      const { code, stdout, stderr } = await counterflow(['resume', 'latest', '--repair', '--out', out], {
        TEMPORAL_API_KEY: keys.expired,
      });
      assert.deepEqual([code, stdout], [exitCodes.environment, '']);
      assert.match(stderr, /^error: The Temporal server at .* \(the key \[secret\] has expired\).*\n$/);
    });

    test('leaves no secret in any output, command line, record, log or history', async () => {
      for (const args of [
        ['list'],
        ['list', '--json'],
        ['show', 'latest'],
        ['show', 'latest', '--json'],
        ['verify', 'latest', '--json'],
      ])
        await counterflow([...args, '--out', out]);
      const secrets = [
        ...Object.values(keys),
        ...[client, stranger].flatMap(({ cert, key }) => linesOf(cert + key)),
      ];
      const files = [out, theirs]
        .flatMap((root) => readdirSync(root, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile());
      assert.ok(
        files.some(({ name }) => name === 'worker.log') && files.some(({ name }) => name === 'temporal.db'),
      );
      const contents = [
        ...files.map(({ parentPath, name }) => readFileSync(join(parentPath, name)).toString('latin1')),
        ...said,
      ];
      for (const secret of secrets)
        assert.ok(!contents.some((content) => content.includes(secret)), `${secret} was written`);
    });
  },
);

/** Speaks no TLS, writes down what it is sent and lets nobody in. */
async function refusingServer(): Promise<{
  readonly address: string;
  readonly headers: IncomingHttpHeaders[];
  close(): void;
}> {
  const headers: IncomingHttpHeaders[] = [];
  const server = createServer().listen(0, '127.0.0.1');
  server.on('stream', (stream, sent) => {
    headers.push(sent);
    refuse(stream, 'who is it');
  });
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    headers,
    close: () => server.close(),
  };
}

async function addNamespace(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address });
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  await connection.close();
}

/** Empty where it has just ended. */
function ofProcess(pid: number, file: 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
