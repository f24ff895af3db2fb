import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockHolder, withLock } from '../../../infra/setup/lock.mjs';

const root = mkdtempSync(join(tmpdir(), 'counterflow-lock-'));
after(() => rmSync(root, { recursive: true }));
const { signal } = new AbortController();
const anHourAgo = new Date(Date.now() - 3_600_000);

describe('the lock of set-up', () => {
  test('lets one in at a time', async () => {
    const path = join(root, 'one');
    let inside = 0;
    const work = () =>
      withLock(path, signal, async () => {
        inside += 1;
        assert.equal(inside, 1);
        await new Promise((resolve) => setTimeout(resolve, 30));
        inside -= 1;
      });
    await Promise.all([work(), work(), work()]);
    assert.equal(existsSync(path), false);
  });

  test('is released when the work fails', async () => {
    const path = join(root, 'failing');
    await assert.rejects(
      withLock(path, signal, async () => {
        throw new Error('no');
      }),
      /no/,
    );
    assert.equal(existsSync(path), false);
  });

  test(
    'says so where it cannot be written, in place of waiting for ever',
    { skip: !existsSync('/proc/self') && 'no folder here that refuses files' },
    async () => {
      await assert.rejects(
        withLock('/proc/self/lock', signal, async () => 'entered'),
        /cache folder \/proc\/self cannot be written/,
      );
    },
  );

  test('is taken from a process that died', async () => {
    const path = join(root, 'dead');
    const { pid } = spawnSync('true');
    writeFileSync(path, JSON.stringify({ pid, start: '1', host: hostname() }));
    assert.equal(await withLock(path, signal, async () => 'entered'), 'entered');
  });

  test('is taken from a process that ended and that nobody has reaped', async () => {
    const path = join(root, 'zombie');
    // what sh began is not awaited by what sh has become
    const careless = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 30']);
    const pid = Number(String(((await once(careless.stdout, 'data')) as [Buffer])[0]));
    const [, ...fields] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    writeFileSync(path, JSON.stringify({ pid, start: fields[18], host: hostname() }));
    assert.equal(lockHolder(path)?.stale, false);
    while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) await sleep(20);
    assert.equal(lockHolder(path)?.stale, true);
    careless.kill();
  });

  test('is taken from a process whose number another process has now', () => {
    const path = join(root, 'reused');
    writeFileSync(path, JSON.stringify({ pid: process.pid, start: '1', host: hostname() }));
    assert.equal(lockHolder(path)?.stale, true);
  });

  test('of another machine is respected while its holder touches it, and taken after', () => {
    const path = join(root, 'remote');
    writeFileSync(path, JSON.stringify({ pid: 1, start: '1', host: 'another machine' }));
    assert.equal(lockHolder(path)?.stale, false);
    utimesSync(path, anHourAgo, anHourAgo);
    assert.equal(lockHolder(path)?.stale, true);
  });

  test('that was left half-written is taken', () => {
    const path = join(root, 'empty');
    writeFileSync(path, '');
    assert.equal(lockHolder(path)?.stale, false);
    utimesSync(path, anHourAgo, anHourAgo);
    assert.equal(lockHolder(path)?.stale, true);
  });

  test('is no longer waited for once set-up is stopped', async () => {
    const path = join(root, 'waited');
    const stop = new AbortController();
    await withLock(path, signal, async () => {
      const waiting = withLock(path, stop.signal, async () => assert.fail('entered'));
      stop.abort();
      await assert.rejects(waiting, { name: 'AbortError' });
    });
  });
});
