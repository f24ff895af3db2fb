import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { download } from '../../../infra/setup/download.mjs';

const body = Buffer.alloc(300_000, 'counterflow');
const server = createServer(({ url }, response) => {
  if (url === '/silent') return;
  if (url === '/missing') response.writeHead(404);
  if (url === '/stalls')
    response.writeHead(200, { 'content-length': body.length }).write(body.subarray(0, 100));
  else response.end(body);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const at = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
const root = mkdtempSync(join(tmpdir(), 'counterflow-download-'));
const file = join(root, 'file');
after(() => {
  server.closeAllConnections();
  server.close();
  rmSync(root, { recursive: true });
});
const options = { signal: new AbortController().signal };
const impatient = { answerMs: 200, stallMs: 200 };

describe('a download', () => {
  test('is written whole when its checksum holds', async () => {
    await download(at('/'), file, { ...options, sha256: createHash('sha256').update(body).digest('hex') });
    assert.deepEqual(readFileSync(file), body);
    rmSync(file);
  });

  const failures: [what: string, path: string, says: RegExp, more?: object][] = [
    ['has another checksum', '/', /SHA-256 is [0-9a-f]{64}, expected 00/, { sha256: '00' }],
    ['is answered with an error', '/missing', /answered 404/],
    ['is never answered', '/silent', /no answer in time/, impatient],
    ['stops in the middle', '/stalls', /no answer in time/, { stallMs: 200 }],
  ];
  for (const [what, path, says, more] of failures) {
    test(`that ${what} leaves no file and says why`, async () => {
      await assert.rejects(download(at(path), file, { ...options, ...more }), {
        name: 'SetupError',
        message: says,
      });
      assert.equal(existsSync(file), false);
    });
  }
});
