import assert from 'node:assert/strict';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { makeFolder } from '../../../activities/disk/make-folder.ts';
import { StorageError } from '../../../activities/ports/errors.ts';
import { temporaryFolder } from '../../support/folders.ts';

const root = temporaryFolder('make-folder');

describe('a folder', () => {
  test('is made with those it lies in, and the first of them is told', async () => {
    assert.equal(await makeFolder(join(root, 'a', 'b', 'c')), join(root, 'a'));
    assert.equal(await makeFolder(join(root, 'a', 'b', 'd')), join(root, 'a', 'b', 'd'));
    assert.equal(await makeFolder(join(root, 'a', 'b')), undefined);
    assert.ok(statSync(join(root, 'a', 'b', 'c')).isDirectory());
  });

  test('is made by many at once', async () => {
    for (let round = 0; round < 100; round += 1) {
      await Promise.all(
        Array.from({ length: 8 }, (_, i) => makeFolder(join(root, `many-${round}`, 'x', `y${i % 2}`, 'z'))),
      );
      assert.ok(existsSync(join(root, `many-${round}`, 'x', 'y1', 'z')));
    }
  });

  test('is refused in place of a file and below one', async () => {
    writeFileSync(join(root, 'file'), '');
    await assert.rejects(makeFolder(join(root, 'file')), { code: 'EEXIST' });
    await assert.rejects(makeFolder(join(root, 'file', 'below', 'it')), { code: 'ENOTDIR' });
  });

  test(
    'that the system will not have is an error with the remedy, in place of an endless loop',
    { skip: !existsSync('/proc/self') && 'no /proc here' },
    async () => {
      await assert.rejects(
        makeFolder('/proc/counterflow/a/b'),
        (error) =>
          error instanceof StorageError
          && /^Cannot make the folder \/proc\/counterflow: .* --out\.$/.test(error.message),
      );
    },
  );
});
