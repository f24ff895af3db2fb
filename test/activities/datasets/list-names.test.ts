import assert from 'node:assert/strict';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { listFolder, listNames } from '../../../activities/datasets/list-names.ts';
import { temporaryFolder } from '../../support/folders.ts';

const root = temporaryFolder('list-names');

describe('the files under a folder', () => {
  test('are listed in the order of their code units, hidden ones and linked folders left out', async () => {
    const folder = mkdtempSync(join(root, 'few-'));
    for (const inside of ['b', 'B', '.git', 'b/c']) mkdirSync(join(folder, inside));
    for (const name of ['b.png', 'b/é.png', 'b/c/1.png', 'B/2.png', '.hidden', '.git/config'])
      writeFileSync(join(folder, name), '');
    symlinkSync(join(folder, 'b.png'), join(folder, 'link.png'));
    symlinkSync(folder, join(folder, 'b', 'round'));
    assert.deepEqual(await listNames(folder), ['B/2.png', 'b.png', 'b/c/1.png', 'b/é.png', 'link.png']);
  });

  test('are followed through links that stay in it, each folder once, whatever links lead where', async () => {
    const folder = mkdtempSync(join(root, 'linked-'));
    for (const inside of ['.pool/dogs/small', 'cats', 'a', 'b'])
      mkdirSync(join(folder, inside), { recursive: true });
    for (const name of ['.pool/dogs/1.png', '.pool/dogs/small/2.png', 'cats/3.png', 'a/4.png', 'b/5.png'])
      writeFileSync(join(folder, name), '');
    const links = {
      dogs: '.pool/dogs',
      'dogs-again': 'dogs',
      kittens: 'cats',
      'a/b': '../b',
      'b/a': '../a',
      '.pool/dogs/up': '../..',
      'first.png': '.pool/dogs/1.png',
      'three.png': 'cats/3.png',
      'nowhere.png': 'gone.png',
      itself: 'itself',
    };
    for (const [name, target] of Object.entries(links)) symlinkSync(target, join(folder, name));
    const { names, again, noFiles } = await listFolder(folder);
    assert.deepEqual(names, [
      'a/4.png',
      'b/5.png',
      'cats/3.png',
      'dogs/1.png',
      'dogs/small/2.png',
      'first.png',
      'three.png',
    ]);
    assert.deepEqual(noFiles, ['itself', 'nowhere.png']);
    assert.deepEqual([...again].sort(), [
      ['a/b', 'b'],
      ['b/a', 'a'],
      ['dogs-again', 'dogs'],
      ['dogs/up', ''],
      ['kittens', 'cats'],
      ['three.png', 'cats/3.png'],
    ]);
    assert.equal(again.has('first.png'), false, 'it is the first way to what lies in a hidden folder');
  });

  test('are the same under a folder that is itself reached by a link', async () => {
    const folder = mkdtempSync(join(root, 'behind-'));
    mkdirSync(join(folder, 'cats'));
    writeFileSync(join(folder, 'cats', '1.png'), '');
    symlinkSync('cats', join(folder, 'kittens'));
    symlinkSync(folder, `${folder}-link`);
    assert.deepEqual(await listFolder(`${folder}-link`), {
      names: ['cats/1.png'],
      again: new Map([['kittens', 'cats']]),
      noFiles: [],
    });
  });

  test('are refused by name where a link to a folder leads out of it', async () => {
    const [outside, folder] = [mkdtempSync(join(root, 'outside-')), mkdtempSync(join(root, 'inside-'))];
    writeFileSync(join(outside, '1.png'), '');
    symlinkSync(outside, join(folder, 'dogs'));
    const refused =
      (link: string) =>
      (error: Error): boolean =>
        error.name === 'BadInputError'
        && error.message
          === `${join(folder, link)} should lie in ${folder}, and leads out of it, to ${realpathSync(outside)}. Copy what it names into the folder.`;
    await assert.rejects(listNames(folder), refused('dogs'));
  });

  test('are refused with the bytes of a name that is no UTF-8, and how to rename it', async () => {
    const folder = mkdtempSync(join(root, 'latin-'));
    mkdirSync(join(folder, 'b'));
    writeFileSync(join(folder, 'b', 'caf\u00e9 \ufffd.png'), ''); // odd, and UTF-8
    assert.deepEqual(await listNames(folder), ['b/caf\u00e9 \ufffd.png']);
    writeFileSync(Buffer.concat([Buffer.from(join(folder, 'b', '.caf')), Buffer.from([0xe9])]), ''); // hidden
    assert.deepEqual(await listNames(folder), ['b/caf\u00e9 \ufffd.png']);
    writeFileSync(
      Buffer.concat([
        Buffer.from(join(folder, 'b', `it's caf`)),
        Buffer.from([0xe9, ...Buffer.from('.png')]),
      ]),
      '',
    );
    await assert.rejects(
      listNames(folder),
      (error: Error) =>
        error.name === 'BadInputError'
        && error.message.startsWith(
          `${join(folder, 'b')} should hold files with names in UTF-8, and the name $'it\\x27s `
            + `caf\\xe9.png' is none. Rename it`,
        ),
    );
  });

  // CelebA has 202,599 images in one folder; a call takes some 120,000 arguments.
  test('are listed however many lie in one folder', async () => {
    const folder = join(mkdtempSync(join(root, 'many-')), 'images');
    mkdirSync(folder);
    for (let i = 0; i < 130_000; i++) closeSync(openSync(join(folder, String(i)), 'w'));
    assert.equal((await listNames(join(folder, '..'))).length, 130_000);
  });
});
