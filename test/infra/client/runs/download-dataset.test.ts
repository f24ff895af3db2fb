import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { downloadDataset } from '../../../../infra/client/runs/download-dataset.ts';
import { exitCodes } from '../../../../infra/base/exit-codes.ts';
import { officialFiles } from '../../../../infra/download/official-files.ts';
import { temporaryFolder } from '../../../support/folders.ts';

const folder = temporaryFolder('download-dataset');

test(
  'a data set that nobody serves now is an error of the environment, with the addresses and both '
    + 'remedies',
  async () => {
    const files = [{ name: 'a.bin', urls: ['http://127.0.0.1:9/a.bin'], bytes: 10, sha256: '00' }];
    await assert.rejects(
      downloadDataset('cifar10', folder, files),
      (error: Error & { exitCode?: number }) =>
        error.exitCode === exitCodes.environment
        && /^Expected to download a\.bin, but 127\.0\.0\.1:9: .* Run the command again .* \(http:\/\/127\.0\.0\.1:9\/a\.bin\) .* --data-dir\.$/.test(
          error.message,
        ),
    );
  },
);

test(
  'a folder that takes no files is an error of the environment, with the folder and both remedies',
  { skip: !existsSync('/proc/self') && 'no such folder here' },
  async () => {
    const files = [{ name: 'a.bin', urls: ['http://127.0.0.1:9/a.bin'], bytes: 10, sha256: '00' }];
    await assert.rejects(
      downloadDataset('cifar10', '/proc/counterflow', files),
      (error: Error & { exitCode?: number }) =>
        error.exitCode === exitCodes.environment
        && /^Cannot write \/proc\/counterflow \(ENOENT\): make its folder writable, or put the files \(http.*\) into a folder and give it as --data-dir\.$/.test(
          error.message,
        ),
    );
  },
);

test('what is pinned is a size and a SHA-256 for every file, each name once', () => {
  const files = Object.values(officialFiles).flatMap((list) => list ?? []);
  assert.equal(new Set(files.map(({ name }) => name)).size, files.length);
  for (const { name, urls, bytes, sha256 } of files)
    assert.ok(
      /^[0-9a-f]{64}$/.test(sha256) && bytes > 1000 && urls.every((url) => url.endsWith(`/${name}`)),
      name,
    );
});
