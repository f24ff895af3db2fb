import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { codeHashOf } from '../../../infra/worker/code-hash.ts';
import { LocalIdentity } from '../../../infra/worker/identity.ts';
import { temporaryFolder } from '../../support/folders.ts';

const entries = [
  'train-segment',
  'export-models',
  'evaluate-density',
  'evaluate-images',
  'prepare-dataset',
  'write-report',
] as const;

describe('the identity of code', () => {
  const folder = temporaryFolder('code');
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const hash = () => codeHashOf(pathToFileURL(join(folder, 'entry.ts')));
  const rate = 'export const rate: number = 0.5;\n';
  const entry =
    "import { rate } from './rate.ts';\nimport tf from 'a-package';\nexport const step = (x: number) "
    + '=> tf.mul(x, rate);\n';
  write('entry.ts', entry);
  write('rate.ts', rate);

  test('stays the same with other comments, types and layout', async () => {
    const before = await hash();
    write('rate.ts', `/** How fast. */\ntype Unused = string;\n\nexport const rate = 0.5; // a half\n`);
    assert.equal(await hash(), before);
  });

  test('stays the same with other names of files, functions, parameters and variables', async () => {
    const before = await hash();
    write('speed.ts', rate.replace('rate', 'a'));
    write(
      'entry.ts',
      "import { a as fast } from './speed.ts';\nimport tensors from 'a-package';\nconst stepOf = "
        + '(value: number) => tensors.mul(value, fast);\nexport { stepOf as step };\n',
    );
    assert.equal(await hash(), before);
    write('entry.ts', entry);
  });

  test('changes with the names of properties, of exports and of what a package exports', async () => {
    const all = [
      entry,
      entry.replace('step', 'move'),
      entry.replace('tf.mul', 'tf.add'),
      entry.replace('tf.mul(x, rate)', '({ x, rate })'),
      entry.replace('tf.mul(x, rate)', '({ x, speed: rate })'),
    ];
    const hashes: string[] = [];
    for (const text of all) {
      write('entry.ts', text);
      hashes.push(await hash());
    }
    assert.equal(new Set(hashes).size, all.length);
    write('entry.ts', entry);
  });

  test('stays the same when code changes that the module does not reach', async () => {
    const before = await hash();
    write('unrelated.ts', 'export const other = 1;\n');
    write('rate.ts', `${rate}export const unused = 3;\n`);
    assert.equal(await hash(), before);
  });

  test('changes with a value in a module it imports', async () => {
    const before = await hash();
    write('rate.ts', rate.replace('0.5', '0.25'));
    assert.notEqual(await hash(), before);
  });
});

describe('the identity of this checkout', () => {
  const identity = new LocalIdentity();

  test('every job and activity has a code of its own', async () => {
    const hashes = await Promise.all(entries.map((entry) => identity.codeHash(entry)));
    for (const hash of hashes) assert.match(hash, /^[0-9a-f]{64}$/);
    assert.equal(new Set(hashes).size, entries.length);
    assert.equal(await identity.codeHash('train-segment'), hashes[0]);
  });

  test('native versions are known without loading TensorFlow or onnxruntime', async () => {
    const native = await identity.native();
    assert.deepEqual(Object.keys(native).sort(), ['device', 'onnxruntime', 'tensorflow', 'tfjs']);
    const maps = readFileSync('/proc/self/maps', 'utf8');
    assert.doesNotMatch(maps, /libtensorflow|onnxruntime/);
  });

  test('the environment names commit, lockfile, versions and hardware, and can be written as JSON', async () => {
    const environment = JSON.parse(JSON.stringify(await identity.environment())) as Record<
      string,
      Record<string, unknown>
    >;
    assert.match(String(environment.lockfileSha256), /^[0-9a-f]{64}$/);
    assert.equal(environment.versions!.node, process.versions.node);
    assert.ok(Number(environment.hardware!.cores) >= 1);
    assert.ok(environment.gitCommit === null || /^[0-9a-f]{40}$/.test(String(environment.gitCommit)));
  });
});
