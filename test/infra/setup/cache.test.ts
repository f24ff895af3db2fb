import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { cached, cacheRoot, fillOnce } from '../../../infra/setup/cache.mjs';

const root = mkdtempSync(join(tmpdir(), 'counterflow-cache-'));
process.env.COUNTERFLOW_CACHE = root;
after(() => rmSync(root, { recursive: true }));

describe('the cache', () => {
  test('lies where COUNTERFLOW_CACHE says, else below XDG_CACHE_HOME, else in the home folder', () => {
    assert.equal(cacheRoot(), root);
    const { COUNTERFLOW_CACHE, XDG_CACHE_HOME, HOME } = process.env;
    delete process.env.COUNTERFLOW_CACHE;
    process.env.XDG_CACHE_HOME = '/elsewhere';
    assert.equal(cacheRoot(), '/elsewhere/counterflow');
    delete process.env.XDG_CACHE_HOME;
    assert.equal(cacheRoot(), join(HOME ?? '', '.cache', 'counterflow'));
    Object.assign(process.env, { COUNTERFLOW_CACHE }, XDG_CACHE_HOME === undefined ? {} : { XDG_CACHE_HOME });
  });

  test('fills a folder once', async () => {
    await fillOnce('a/b', async (directory) => writeFileSync(join(directory, 'x'), 'first'));
    const folder = await fillOnce('a/b', async () => assert.fail('filled twice'));
    assert.equal(readFileSync(join(folder, 'x'), 'utf8'), 'first');
  });

  test('leaves nothing when filling fails', async () => {
    await assert.rejects(
      fillOnce('half', async (directory) => {
        writeFileSync(join(directory, 'x'), 'half');
        throw new Error('the disk is full');
      }),
      /disk is full/,
    );
    assert.equal(existsSync(cached('half')), false);
    assert.deepEqual(readdirSync(cached('tmp')), []);
  });

  test('keeps one whole folder when two fill it at once', async () => {
    const fill = async (directory: string) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      writeFileSync(join(directory, 'x'), 'whole');
    };
    const folders = await Promise.all([fillOnce('both', fill), fillOnce('both', fill)]);
    assert.deepEqual(folders, [cached('both'), cached('both')]);
    assert.equal(readFileSync(cached('both', 'x'), 'utf8'), 'whole');
    assert.deepEqual(readdirSync(cached('tmp')), []);
  });
});
