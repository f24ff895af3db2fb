/** Downloads from servers that break off, forget, ignore and lie. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { StorageError } from '../../../activities/ports/errors.ts';
import {
  downloadFile,
  type DownloadOptions,
  type OfficialFile,
} from '../../../infra/download/download-file.ts';
import { temporaryFolder } from '../../support/folders.ts';

const root = temporaryFolder('download');
const content = Buffer.from(
  Uint8Array.from({ length: 400_000 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24),
);
const sha256 = createHash('sha256').update(content).digest('hex');

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
interface Server {
  readonly url: string;
  readonly asked: { range: string | undefined; ifRange: string | undefined }[];
  answer: Answer;
}
async function serve(answer: Answer): Promise<Server> {
  const asked: Server['asked'] = [];
  const server = createServer((request, response) => {
    asked.push({ range: request.headers.range, ifRange: request.headers['if-range'] as string | undefined });
    self.answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const self: Server = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`,
    asked,
    answer,
  };
  return self;
}

/** Understands Range and If-Range, and breaks the connection after `most` bytes. */
const ranged =
  (most = Infinity, etag = '"one"', bytes = content): Answer =>
  ({ headers }, response) => {
    const goesOn = headers.range !== undefined && headers['if-range'] === etag;
    const start = goesOn ? Number(/bytes=(\d+)-/.exec(headers.range!)![1]) : 0;
    const rest = bytes.subarray(start);
    response.writeHead(goesOn ? 206 : 200, {
      etag,
      'content-length': rest.length,
      ...(goesOn ? { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {}),
    });
    if (rest.length <= most) return void response.end(rest);
    response.write(rest.subarray(0, most), () => setTimeout(() => response.destroy(), 20));
  };
const fileAt = (...urls: string[]): OfficialFile => ({ name: 'file', urls, bytes: content.length, sha256 });
const newPath = (): string => join(mkdtempSync(join(root, 'd-')), 'file');
const download = (file: OfficialFile, path: string, more: Partial<DownloadOptions> = {}) =>
  downloadFile(file, path, {
    signal: new AbortController().signal,
    onProgress: () => undefined,
    answerMs: 2000,
    stallMs: 300,
    pauseMs: 5,
    ...more,
  });
const isWhole = (path: string): void => {
  assert.deepEqual(readFileSync(path), content);
  assert.deepEqual([existsSync(`${path}.part`), existsSync(`${path}.part.json`)], [false, false]);
};
const fails =
  (rule: RegExp) =>
  (error: Error): boolean =>
    error.name === 'DownloadError' && rule.test(error.message) && !error.message.includes('\n');

describe('a download', () => {
  test('is whole and checked before it has its name, and is not repeated', async () => {
    const server = await serve(ranged());
    const path = newPath();
    const seen: number[] = [];
    await download(fileAt(server.url), path, {
      onProgress: (bytes) => {
        seen.push(bytes);
        assert.ok(!existsSync(path), 'not there before its end');
      },
    });
    isWhole(path);
    assert.equal(seen.at(-1), content.length);
    await download(fileAt(server.url), path);
    assert.equal(server.asked.length, 1);
  });

  test('goes on where the connection broke, as often as each brings something', async () => {
    const server = await serve(ranged(150_000));
    const path = newPath();
    await download(fileAt(server.url), path);
    isWhole(path);
    assert.ok(server.asked.length >= 3, `${server.asked.length} connections`);
    for (const { range, ifRange } of server.asked.slice(1))
      assert.ok(/^bytes=[1-9]\d*-$/.test(range ?? '') && ifRange === '"one"', `${range} ${ifRange}`);
  });

  test('goes on in another process too', async () => {
    const server = await serve(ranged(100_000));
    const path = newPath();
    const stop = new AbortController();
    const interrupted = download(fileAt(server.url), path, {
      signal: stop.signal,
      pauseMs: 60_000,
      onProgress: () => setTimeout(() => stop.abort(new Error('killed')), 200),
    });
    await assert.rejects(interrupted, /killed/);
    const had = readFileSync(`${path}.part`).length;
    assert.ok(had > 0 && had < content.length, `${had} bytes were kept`);
    server.answer = ranged();
    await download(fileAt(server.url), path);
    isWhole(path);
    assert.equal(server.asked.at(-1)!.range, `bytes=${had}-`);
  });

  test('that several ask for at once is made once, by one after another', async () => {
    // in two pieces: whoever does not wait for the other meets it in the middle
    const server = await serve((_, response) => {
      response.writeHead(200, { etag: '"one"', 'content-length': content.length });
      response.write(content.subarray(0, 200_000), () =>
        setTimeout(() => response.end(content.subarray(200_000)), 100),
      );
    });
    const path = newPath();
    await Promise.all([1, 2, 3].map(() => download(fileAt(server.url), path)));
    isWhole(path);
    assert.equal(server.asked.length, 1);
  });

  test(
    'is not even asked for where it could not be written',
    { skip: !existsSync('/proc/self') && 'no folder here that takes no files' },
    async () => {
      const server = await serve(ranged());
      for (const folder of ['/proc/self', '/proc/counterflow']) {
        await assert.rejects(
          download(fileAt(server.url), join(folder, 'file')),
          (error) => error instanceof StorageError && error.path.startsWith(folder),
        );
      }
      assert.ok(server.asked.length <= 1, 'root is told by the write alone that it may not');
    },
  );

  test('keeps what has come where a page is answered in its place, and says so', async () => {
    const server = await serve(ranged(100_000));
    const path = newPath();
    const page = '<!DOCTYPE html><html><title>Log in</title></html>';
    const once = server.answer;
    server.answer = (request, response) => {
      once(request, response);
      server.answer = (_, second) => {
        second.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
        second.end(page);
      };
    };
    await assert.rejects(
      download(fileAt(server.url), path),
      fails(/it answered with a web page in place of the file/),
    );
    assert.deepEqual(readFileSync(`${path}.part`), content.subarray(0, 100_000));
    server.answer = ranged();
    await download(fileAt(server.url), path);
    isWhole(path);
    assert.equal(server.asked.at(-1)!.range, 'bytes=100000-');
  });

  test('says what came in its place where the server calls it nothing', async () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize 400000\n`;
    const server = await serve((_, response) => response.end(pointer));
    await assert.rejects(
      download(fileAt(server.url), newPath()),
      fails(new RegExp(`nothing more after ${pointer.length} of 400000 bytes: it is a Git LFS pointer`)),
    );
    const padded = Buffer.from('<html>'.padEnd(content.length));
    const lying = await serve((_, response) => response.end(padded));
    await assert.rejects(
      download(fileAt(lying.url), newPath()),
      fails(/SHA-256 is [0-9a-f]{64}, and the official file's is .*: it is a web page/),
    );
  });

  test('begins anew where the server ignores Range', async () => {
    const server = await serve(ranged(150_000));
    const path = newPath();
    let connections = 0;
    server.answer = (request, response) => {
      connections += 1;
      delete request.headers.range;
      ranged(connections === 1 ? 150_000 : Infinity)(request, response);
    };
    await download(fileAt(server.url), path);
    isWhole(path);
    assert.equal(connections, 2);
  });

  test('begins anew where the file has changed since', async () => {
    const path = newPath();
    const server = await serve(() => undefined);
    let connections = 0;
    server.answer = (request, response) =>
      ++connections === 1
        ? ranged(150_000, '"old"', Buffer.alloc(content.length, 1))(request, response)
        : ranged(Infinity, '"new"')(request, response);
    await download(fileAt(server.url), path);
    isWhole(path);
  });

  test('of other bytes is refused with both hashes, and leaves nothing', async () => {
    const wrong = Buffer.from(content);
    wrong[1000]! ^= 1;
    for (const [bytes, rule] of [
      [
        wrong,
        new RegExp(
          `SHA-256 is ${createHash('sha256').update(wrong).digest('hex')}, and the official file's `
            + `is ${sha256}`,
        ),
      ],
      [Buffer.concat([content, Buffer.alloc(9)]), /more than the 400000 bytes/],
    ] as const) {
      const path = newPath();
      await assert.rejects(
        download(fileAt((await serve(ranged(Infinity, '"x"', bytes))).url), path),
        fails(rule),
      );
      assert.deepEqual([existsSync(path), existsSync(`${path}.part`)], [false, false]);
    }
  });

  test('that ends early without an error is asked for again, then given up', async () => {
    const short = await serve((_, response) => {
      response.writeHead(200, {});
      response.end(content.subarray(0, 1000));
    });
    const path = newPath();
    await assert.rejects(download(fileAt(short.url), path), fails(/nothing more after 1000 of 400000 bytes/));
    assert.ok(!existsSync(path), 'no half file under its own name');
    assert.equal(short.asked.length, 2);
  });

  test('is had from the next address where the first does not give it', async () => {
    const missing = await serve((_, response) => {
      response.writeHead(404);
      response.end();
    });
    const good = await serve(ranged());
    const path = newPath();
    await download(fileAt(missing.url, good.url), path);
    isWhole(path);
  });

  test('that nobody gives is an error within the time of an answer, with what each address said', async () => {
    const missing = await serve((_, response) => {
      response.writeHead(404);
      response.end();
    });
    const silent = await serve(() => undefined);
    const startedAt = performance.now();
    await assert.rejects(
      download(fileAt(missing.url, silent.url, 'http://127.0.0.1:9/file'), newPath(), { answerMs: 200 }),
      fails(
        /^Expected to download file, but 127\.0\.0\.1:\d+: it answered 404; 127\.0\.0\.1:\d+: no answer in time; 127\.0\.0\.1:9: /,
      ),
    );
    assert.ok(performance.now() - startedAt < 3000, 'quickly');
  });

  test('that stops in the middle is taken up again', async () => {
    const server = await serve(() => undefined);
    let connections = 0;
    server.answer = (request, response) => {
      connections += 1;
      if (connections > 1) return ranged()(request, response);
      response.writeHead(200, { etag: '"one"', 'content-length': content.length });
      response.write(content.subarray(0, 5000));
    };
    const path = newPath();
    await download(fileAt(server.url), path);
    isWhole(path);
    assert.equal(server.asked[1]!.range, 'bytes=5000-');
  });

  test('does not take a file of another length for the official one, nor overwrite it', async () => {
    const server = await serve(ranged());
    const path = newPath();
    writeFileSync(path, 'mine');
    await assert.rejects(
      download(fileAt(server.url), path),
      fails(/to be absent or to have the 400000 bytes of the official file, but it has 4: move it away\.$/),
    );
    assert.deepEqual([readFileSync(path, 'utf8'), server.asked.length], ['mine', 0]);
  });

  test('from a server that packs what it sends is refused with that reason', async () => {
    const packing = await serve((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(gzipSync(content));
    });
    await assert.rejects(
      download(fileAt(packing.url), newPath()),
      fails(/encoded as gzip, though asked for it as it is/),
    );
  });
});
