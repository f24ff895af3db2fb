/** Proxies that the environment names: none for this machine, one for servers elsewhere, the same for clients
 *  and workers. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import { Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { fetchByEnvironment, proxyVariables } from '../../../infra/setup/proxy.mjs';
import { requireServer } from '../../../infra/temporal/connect.ts';
import { ensureServer, stopServer } from '../../../infra/temporal/dev-server.ts';
import { serverProxy } from '../../../infra/temporal/server-proxy.ts';
import { clientOptions, embedded, workerOptions, type Server } from '../../../infra/temporal/server.ts';
import { createAuthority, signedBy } from '../../support/certificates.ts';
import { ConnectProxy } from '../../support/connect-proxy.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { Gateway } from '../../support/gateway.ts';
import { noTemporal } from '../../support/temporal.ts';

const names = proxyVariables.flatMap((name) => [name, name.toUpperCase()]);
const given = new Map(names.map((name) => [name, process.env[name]]));
function environment(variables: Readonly<Record<string, string>>): void {
  for (const name of names) delete process.env[name];
  Object.assign(process.env, variables);
}
afterEach(() => {
  for (const [name, value] of given) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});
const elsewhere = (server: Partial<Server> = {}): Server => ({
  ...embedded('temporal.example:7233'),
  ...server,
});
/** Nothing listens there. */
const dead = 'http://127.0.0.1:9';

describe('the proxy for a Temporal server', () => {
  const cases: [
    what: string,
    variables: Record<string, string>,
    address: string,
    tls: boolean,
    host: string | null,
  ][] = [
    ['is none where no variable names one', {}, 'temporal.example:7233', false, null],
    [
      "is http_proxy's without TLS",
      { http_proxy: 'http://one.example:3128', https_proxy: dead },
      'temporal.example:7233',
      false,
      'one.example:3128',
    ],
    [
      "is https_proxy's with TLS",
      { http_proxy: dead, https_proxy: 'http://one.example:3128' },
      'temporal.example:7233',
      true,
      'one.example:3128',
    ],
    [
      "is grpc_proxy's before theirs",
      { http_proxy: dead, grpc_proxy: 'http://one.example:3128' },
      'temporal.example:7233',
      false,
      'one.example:3128',
    ],
    [
      'may be named in capital letters',
      { HTTPS_PROXY: 'http://one.example:3128' },
      'temporal.example:7233',
      true,
      'one.example:3128',
    ],
    [
      'may be named without a scheme, on port 80',
      { all_proxy: 'one.example' },
      'temporal.example:7233',
      false,
      'one.example:80',
    ],
    [
      'is none for a host of no_proxy',
      { http_proxy: dead, no_proxy: 'other.example, temporal.example' },
      'temporal.example:7233',
      false,
      null,
    ],
    [
      'is none for a domain of no_proxy',
      { http_proxy: dead, NO_PROXY: '.example' },
      'temporal.example:7233',
      false,
      null,
    ],
    [
      'is none for any host where no_proxy is *',
      { http_proxy: dead, no_proxy: '*' },
      'temporal.example:7233',
      false,
      null,
    ],
    [
      'is not left out for the end of a name',
      { http_proxy: 'http://one.example:3128', no_proxy: 'poral.example,' },
      'temporal.example:7233',
      false,
      'one.example:3128',
    ],
    ...['localhost:7233', '127.0.0.1:7233', '127.1.2.3:7233', '[::1]:7233'].map(
      (address): [string, Record<string, string>, string, boolean, null] => [
        `is none for ${address}`,
        { http_proxy: dead, grpc_proxy: dead, all_proxy: dead },
        address,
        false,
        null,
      ],
    ),
  ];
  for (const [what, variables, address, tls, host] of cases) {
    test(what, () => {
      environment(variables);
      assert.equal(serverProxy(address, tls)?.host ?? null, host);
    });
  }

  test('is refused by name where it speaks no HTTP, without its password', () => {
    environment({ all_proxy: 'socks5://me:secret@one.example:1080' });
    assert.throws(() => serverProxy('temporal.example:7233', true), {
      name: 'ServerConfigError',
      message:
        'Expected the proxy for the Temporal server at temporal.example:7233 to be http://HOST:PORT, '
        + 'got socks5://one.example:1080. '
        + 'Name such a one in grpc_proxy, or temporal.example in no_proxy.',
    });
  });
});

describe(
  'a Temporal server behind a proxy',
  { skip: noTemporal, concurrency: false, timeout: 120_000 },
  () => {
    const out = temporaryFolder('server-proxy');
    let address: string;
    before(async () => {
      ({ address } = await ensureServer({ out }));
    });
    after(() => stopServer(out));

    /** Both kinds of connection, one after the other. */
    async function connectBoth(server: Server): Promise<void> {
      const client = await Connection.connect({ ...clientOptions(server), connectTimeout: 10_000 });
      await client.workflowService.describeNamespace({ namespace: 'default' });
      await client.close();
      await (await NativeConnection.connect(workerOptions(server))).close();
    }

    test("is reached by clients and workers, with the proxy's login", async () => {
      const proxy = await ConnectProxy.open(address);
      environment({ http_proxy: `http://me:pass%20word@${proxy.address}` });
      await connectBoth(elsewhere());
      await requireServer(elsewhere());
      assert.ok(proxy.asked.length >= 3);
      for (const { target, login } of proxy.asked)
        assert.deepEqual([target, login], ['temporal.example:7233', 'me:pass word']);
      await proxy.close();
    });

    test('shows its own certificate through it', async () => {
      const authority = await createAuthority('proxied');
      const [server, pair] = await Promise.all([
        signedBy(authority, 'server', 'temporal.example'),
        signedBy(authority, 'client'),
      ]);
      const gateway = await Gateway.open(
        address,
        server,
        authority,
        new Map([['key_of_this_test', 'valid']]),
      );
      const proxy = await ConnectProxy.open(gateway.address);
      const tls = {
        serverRootCACertificate: Buffer.from(authority.cert),
        clientCertPair: { crt: Buffer.from(pair.cert), key: Buffer.from(pair.key) },
      };
      environment({ https_proxy: `http://${proxy.address}`, http_proxy: dead });
      const secured = elsewhere({ credentials: { apiKey: 'key_of_this_test', tls } });
      await connectBoth(secured);
      const strange = {
        ...tls,
        serverRootCACertificate: Buffer.from((await createAuthority('strange')).cert),
      };
      await assert.rejects(
        requireServer({ ...secured, credentials: { apiKey: 'key_of_this_test', tls: strange } }),
        /certificate of the Temporal server at temporal\.example:7233 is not to be trusted/,
      );
      await proxy.close();
      await gateway.close();
    });

    test('cannot be reached where the proxy refuses, and the sentence says so', async () => {
      const proxy = await ConnectProxy.open(address, '407 Proxy Authentication Required');
      environment({ http_proxy: `http://${proxy.address}` });
      await assert.rejects(requireServer(elsewhere()), (error: Error) =>
        error.message.includes(
          `the proxy ${proxy.address} answers 407 Proxy Authentication Required. The variables grpc_proxy`,
        ),
      );
      await proxy.close();
    });

    test('on this machine is reached without it', async () => {
      environment({ http_proxy: dead, https_proxy: dead, grpc_proxy: dead, all_proxy: dead });
      await connectBoth(embedded(address));
    });
  },
);

describe('a download', () => {
  test('goes through the proxy that is named, and from this machine without it', async () => {
    const server = createServer(({ url }, response) => response.end(`file ${url}`));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const proxy = await ConnectProxy.open(`127.0.0.1:${port}`);
    environment({ HTTP_PROXY: `http://${proxy.address}` });
    assert.equal(await (await fetchByEnvironment('http://mirror.example/a')).text(), 'file /a');
    assert.equal(await (await fetchByEnvironment(`http://127.0.0.1:${port}/b`)).text(), 'file /b');
    assert.deepEqual(proxy.asked, [{ target: 'mirror.example:80', login: null }]);
    environment({ http_proxy: 'socks5://one.example:1080' });
    await assert.rejects(
      fetchByEnvironment('http://mirror.example/a'),
      /expected a proxy at http:\/\/HOST:PORT, got socks5:\/\/one\.example:1080; name the host in no_proxy/,
    );
    await proxy.close();
    server.closeAllConnections();
    server.close();
  });
});
