import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import sharp from 'sharp';
import { requestOf, runCommand } from '../../../../infra/client/runs/run-request.ts';
import { readTitle, titleOf } from '../../../../infra/client/runs/run-title.ts';
import { experiments } from '../../../../workflows/experiments/index.ts';
import { resolveConfig } from '../../../../infra/client/runs/resolve-config.ts';
import { temporaryFolder } from '../../../support/folders.ts';

const folder = join(temporaryFolder('run-title'), 'my-pngs');
before(async () => {
  mkdirSync(join(folder, 'a'), { recursive: true });
  const grey = await sharp({ create: { width: 12, height: 12, channels: 3, background: '#808080' } })
    .png()
    .toBuffer();
  for (let n = 0; n < 40; n++) writeFileSync(join(folder, 'a', `${n}.png`), grey);
});
const titleWith = (name: string, ...set: string[]): string =>
  titleOf(experiments[name]!, resolveConfig(experiments[name]!, { set, seed: undefined }), '/data/my-pngs');

describe('a run is called by what it is about', () => {
  test('a folder by its name and size, also under an experiment of another set', async () => {
    assert.equal((await requestOf('folder-quick', { dataDir: folder })).title, 'my-pngs, 32 x 32, quick');
    assert.equal(
      (await requestOf('folder', { dataDir: folder, set: ['dataset.size=64'] })).title,
      'my-pngs, 64 x 64',
    );
    assert.equal(
      (await requestOf('cifar10-quick', { dataDir: folder, set: ['dataset={"kind":"folder"}'] })).title,
      'my-pngs, 32 x 32, with the settings of cifar10-quick',
    );
    assert.equal(
      titleOf(
        experiments['folder']!,
        resolveConfig(experiments['folder']!, { set: [], seed: undefined }),
        '/data/a $& b',
      ),
      'a $& b, 32 x 32',
    );
  });

  test('an experiment by its title where the data are its own, and by both where they are not', () => {
    for (const { name, title } of Object.values(experiments))
      if (!name.startsWith('folder')) assert.equal(titleWith(name), title);
    assert.equal(titleWith('cifar10', 'dataset={"kind":"svhn"}'), 'SVHN, with the settings of cifar10');
    assert.equal(
      titleWith('eight-gaussians', 'dataset.density=spiral'),
      'Spiral, with the settings of eight-gaussians',
    );
    assert.equal(titleWith('mnist-quick', 'dataset.padValue=3'), experiments['mnist-quick']!.title);
  });

  test('by --title where that is given, which is part of the command that makes it again', async () => {
    const options = { dataDir: folder, title: 'Leaves of my garden' };
    assert.equal((await requestOf('folder-quick', options)).title, 'Leaves of my garden');
    assert.match(
      runCommand('folder-quick', options),
      /run folder-quick --title 'Leaves of my garden' --data-dir/,
    );
    assert.equal(readTitle('  two words '), 'two words');
    for (const bad of ['', '  ', 'x'.repeat(101), 'two\nlines'])
      assert.throws(() => readTitle(bad), /1 to 100 characters in one line/);
  });
});

describe('images in a folder that was given for another set', () => {
  for (const name of ['cifar10-quick', 'mnist-quick', 'svhn', 'celeba-quick']) {
    test(`are told of by ${name}, with the experiment that takes them`, async () => {
      await assert.rejects(
        requestOf(name, { dataDir: folder }),
        (error: Error) =>
          error.message.includes(` It holds 40 image files (a/0.png ...): \``)
          && error.message.endsWith(`run folder-quick --data-dir ${folder}\` takes any images.`),
      );
    });
  }

  test("are no matter where there are none, or where they are CelebA's", async () => {
    const [empty, celeba] = [
      mkdtempSync(join(folder, '..', 'empty-')),
      mkdtempSync(join(folder, '..', 'celeba-')),
    ];
    mkdirSync(join(celeba, 'img_align_celeba'));
    writeFileSync(join(celeba, 'img_align_celeba', '000001.jpg'), '');
    await assert.rejects(
      requestOf('cifar10-quick', { dataDir: empty }),
      (error: Error) => !error.message.includes('folder-quick'),
    );
    await assert.rejects(
      requestOf('celeba-quick', { dataDir: celeba }),
      (error: Error) => !error.message.includes('folder-quick'),
    );
  });
});
