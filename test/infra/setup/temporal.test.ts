import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { sha256OfFile } from '../../../infra/setup/binding.mjs';
import { cached } from '../../../infra/setup/cache.mjs';
import { temporal } from '../../../infra/setup/pins.mjs';
import { provideTemporal } from '../../../infra/setup/temporal.mjs';
import { useFakeTools } from '../../support/fake-tools.ts';

const says = (version: string) => `echo "temporal version ${version} (Server 1.29.1, UI 2.42.1)"`;

// The archive, on a server of our own.
const folder = mkdtempSync(join(tmpdir(), 'counterflow-archive-'));
writeFileSync(join(folder, 'temporal'), `#!/bin/sh\n${says('1.5.1')}\n`);
chmodSync(join(folder, 'temporal'), 0o755);
execFileSync('tar', ['-czf', join(folder, 'archive.tar.gz'), '-C', folder, 'temporal']);
let online = true;
const server = createServer((_request, response) => {
  if (online) response.end(readFileSync(join(folder, 'archive.tar.gz')));
  else response.destroy();
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
temporal.archive = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
temporal.sha256 = sha256OfFile(join(folder, 'archive.tar.gz'));
after(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

describe('the ladder to Temporal', () => {
  const tools = useFakeTools('tar', 'gzip', 'mkdir', 'cp', 'chmod');
  const { signal } = new AbortController();
  const goBuilds =
    `mkdir -p "$GOBIN"; printf '#!/bin/sh\\n${says('1.5.1')}\\n' > "$GOBIN/temporal"; chmod +x `
    + '"$GOBIN/temporal"';

  test('takes a `temporal` on the PATH', async () => {
    tools.fake('temporal', says('1.7.0'));
    assert.match((await provideTemporal(signal)).source, /PATH/);
    assert.equal(existsSync(cached(`temporal-${temporal.version}`)), false);
  });

  test('takes a build from source on the PATH that does not know its version', async () => {
    tools.fake('temporal', says('0.0.0-DEV'));
    assert.equal((await provideTemporal(signal)).source, 'PATH');
  });

  test('passes over one on the PATH that is too old or does not run', async () => {
    for (const script of [says('0.12.0'), 'exit 3', 'echo hello']) {
      tools.fake('temporal', script);
      assert.notEqual((await provideTemporal(signal)).source, 'PATH');
    }
  });

  test('downloads the archive once, then takes it from the cache', async () => {
    assert.deepEqual(await provideTemporal(signal), {
      path: cached('temporal-1.5.1', 'temporal'),
      version: '1.5.1',
      source: 'official archive',
    });
    online = false;
    assert.equal((await provideTemporal(signal)).source, 'cache');
    online = true;
  });

  test('replaces one in the cache that does not run', async () => {
    const { path } = await provideTemporal(signal);
    writeFileSync(path, '#!/bin/sh\nexit 1\n');
    assert.equal((await provideTemporal(signal)).source, 'official archive');
  });

  test('refuses an archive with another checksum and builds with Go', async () => {
    const { sha256 } = temporal;
    temporal.sha256 = '0'.repeat(64);
    tools.fake('go', goBuilds);
    assert.equal((await provideTemporal(signal)).source, 'go install');
    temporal.sha256 = sha256;
  });

  test('builds with Go without a network', async () => {
    online = false;
    tools.fake('go', goBuilds);
    assert.deepEqual(await provideTemporal(signal), {
      path: cached('temporal-1.5.1', 'temporal'),
      version: '1.5.1',
      source: 'go install',
    });
    online = true;
  });

  test('says what to do without a network and without Go', async () => {
    online = false;
    await assert.rejects(provideTemporal(signal), {
      name: 'SetupError',
      message:
        /`go` is not on the PATH\). Connect to the network, or install Go \(`apt-get install golang-go`/,
    });
    assert.equal(existsSync(cached('temporal-1.5.1')), false);
    online = true;
  });
});
