import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { StorageError, StorageFullError } from '../../../activities/ports/errors.ts';
import type { Progress } from '../../../activities/ports/progress.ts';
import { withStorageErrors } from '../../../activities/disk/storage-errors.ts';
import { patience } from '../../../activities/disk/wait-for-space.ts';
import { temporaryFolder } from '../../support/folders.ts';

const path = join(temporaryFolder('storage-errors'), 'checkpoint.safetensors');
const systemError = (code: string): Error =>
  Object.assign(new Error(`${code}: as the system says`), { code, syscall: 'write' });
const failing = (code: string, times: number) => {
  let tries = 0;
  return {
    tries: () => tries,
    write: async () => {
      if (++tries <= times) throw systemError(code);
      return 'written';
    },
  };
};

/** Runs as work with a pulse does. */
async function patiently<T>(
  work: () => Promise<T>,
  roomWithinMs: number,
  signal = new AbortController().signal,
): Promise<{ result: T; seen: Progress[] }> {
  const seen: Progress[] = [];
  const result = await patience.run(
    { signal, roomWithinMs, onProgress: (progress) => seen.push(progress) },
    work,
  );
  return { result, seen };
}

describe('where there is no room for a file', () => {
  for (const [code, rule] of [
    ['ENOSPC', /the disk is full: free some space/],
    ['EDQUOT', /quota is used up/],
    ['EFBIG', /larger files are forbidden here: raise the limit/],
  ] as const) {
    test(`a command line is told path, bytes and remedy (${code})`, async () => {
      await assert.rejects(withStorageErrors(path, failing(code, 1).write, 7000), (error) => {
        assert.ok(error instanceof StorageFullError && error instanceof StorageError);
        assert.deepEqual(
          [error.name, error.path, error.code, error.bytes, error.waited],
          ['StorageFullError', path, code, 7000, 0],
        );
        assert.match(error.message, rule);
        assert.match(
          error.message,
          /^Cannot write \S+checkpoint\.safetensors, which takes 7,000 bytes, of which [\d,]+ are free: /,
        );
        return true;
      });
    });
  }

  test('work waits, says for what, and goes on by itself', async () => {
    const disk = failing('ENOSPC', 1);
    const { result, seen } = await patiently(() => withStorageErrors(path, disk.write, 7000), 60_000);
    assert.equal(result, 'written');
    assert.equal(disk.tries(), 2);
    assert.ok(
      seen.every(({ phase, room }) => phase === 'room' && room?.path === path && room.bytes === 7000),
      'all of it is about that file',
    );
    assert.deepEqual(
      seen.map(({ room }) => room!.over),
      [...seen.slice(1).map(() => false), true],
    );
  });

  test('nothing is tried while less is free than it takes', async () => {
    const disk = failing('ENOSPC', 1);
    await assert.rejects(
      patiently(() => withStorageErrors(path, disk.write, Number.MAX_SAFE_INTEGER), 2500),
      StorageFullError,
    );
    assert.equal(disk.tries(), 1);
  });

  test('patience has an end, which says how long it was', async () => {
    await assert.rejects(
      patiently(() => withStorageErrors(path, failing('EDQUOT', Infinity).write), 1500),
      (error) => {
        assert.ok(error instanceof StorageFullError && error.waited > 0);
        assert.match(error.message, /There has been no room for 2 s\.$/);
        return true;
      },
    );
  });

  test('a cancellation ends the wait', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('cancelled')), 100);
    await assert.rejects(
      patiently(() => withStorageErrors(path, failing('ENOSPC', Infinity).write), 60_000, stop.signal),
      { name: 'AbortError' },
    );
  });
});
