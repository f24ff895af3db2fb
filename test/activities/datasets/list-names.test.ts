import assert from 'node:assert/strict';
import { closeSync, mkdirSync, mkdtempSync, openSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { listNames } from '../../../activities/datasets/list-names.ts';
import { temporaryFolder } from '../../support/folders.ts';

const root = temporaryFolder('list-names');

describe('the files under a folder', () => {
  test('are listed in the order of their code units, hidden ones and linked folders left out', async () => {
    const folder = mkdtempSync(join(root, 'few-'));
    for (const inside of ['b', 'B', '.git', 'b/c']) mkdirSync(join(folder, inside));
    for (const name of ['b.png', 'b/é.png', 'b/c/1.png', 'B/2.png', '.hidden', '.git/config']) writeFileSync(join(folder, name), '');
    symlinkSync(join(folder, 'b.png'), join(folder, 'link.png'));
    symlinkSync(folder, join(folder, 'b', 'round'));
    assert.deepEqual(await listNames(folder), ['B/2.png', 'b.png', 'b/c/1.png', 'b/é.png', 'link.png']);
  });

  // CelebA has 202,599 images in one folder; a call takes some 120,000 arguments.
  test('are listed however many lie in one folder', async () => {
    const folder = join(mkdtempSync(join(root, 'many-')), 'images');
    mkdirSync(folder);
    for (let i = 0; i < 130_000; i++) closeSync(openSync(join(folder, String(i)), 'w'));
    assert.equal((await listNames(join(folder, '..'))).length, 130_000);
  });
});
