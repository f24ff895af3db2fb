import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { abortable } from '../../../activities/disk/abortable-store.ts';
import { StorageError } from '../../../activities/ports/errors.ts';
import { layoutOf } from '../../../infra/store/layout.ts';
import { LocalRunDirectory } from '../../../infra/worker/run-directory.ts';
import { artifactsIn } from '../../../infra/store/artifacts-in.ts';
import { LocalStore } from '../../../infra/store/local-store.ts';
import { temporaryFolder } from '../../support/folders.ts';

const folder = temporaryFolder('store');
let stores = 0;
const emptyStore = () => {
  const layout = layoutOf(join(folder, String((stores += 1))));
  return { layout, store: new LocalStore(layout) };
};
const objectPath = (objects: string, sha256: string) => join(objects, sha256.slice(0, 2), sha256);
const overwrite = (path: string, change: (bytes: Buffer) => void) => {
  const bytes = readFileSync(path);
  change(bytes);
  chmodSync(path, 0o644);
  writeFileSync(path, bytes);
};
const flipBit = (bytes: Buffer) => {
  bytes[7] = bytes[7]! ^ 1;
};
const isStorageError = (code: string, path: string) => (error: unknown) =>
  error instanceof StorageError && error.code === code && error.path === path && error.message.includes(path);

describe('the artifact store', () => {
  test('an artifact is named by the SHA-256 of its bytes and comes back as it went in', async () => {
    const { layout, store } = emptyStore();
    const content = new TextEncoder().encode('abc');
    const ref = await store.put(content);
    // FIPS 180-2, example B.1
    assert.equal(ref.sha256, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    assert.deepEqual([ref.uri, ref.bytes], [`artifact://sha256/${ref.sha256}`, 3]);
    assert.deepEqual(new Uint8Array(await store.get(ref)), content);
    assert.equal(await store.path(ref), objectPath(layout.objects, ref.sha256));
  });

  test('a file is stored like its bytes, and stays where it was', async () => {
    const { layout, store } = emptyStore();
    const bytes = Buffer.alloc(3_000_000, 'counterflow');
    const file = join(folder, 'big');
    writeFileSync(file, bytes);
    const ref = await store.put({ file });
    assert.equal(ref.sha256, createHash('sha256').update(bytes).digest('hex'));
    assert.deepEqual(await store.put(bytes), ref);
    assert.equal(statSync(file).size, bytes.length);
    assert.deepEqual(readdirSync(join(layout.objects, '.incoming')), []);
  });

  test('an empty artifact can be stored', async () => {
    const { store } = emptyStore();
    assert.equal((await store.get(await store.put(new Uint8Array()))).length, 0);
  });

  for (const [name, harm] of [
    [
      'truncated',
      (path: string) => {
        chmodSync(path, 0o644);
        truncateSync(path, 3);
      },
    ],
    ['bit-flipped', (path: string) => overwrite(path, flipBit)],
  ] as const) {
    test(`a ${name} object is an error that names its path`, async () => {
      const { layout, store } = emptyStore();
      const ref = await store.put(Buffer.from('a checkpoint of a training'));
      const path = objectPath(layout.objects, ref.sha256);
      harm(path);
      const reader = new LocalStore(layout);
      await assert.rejects(reader.path(ref), isStorageError('damaged', path));
      await assert.rejects(reader.get(ref), isStorageError('damaged', path));
      assert.equal(await reader.has(ref), false);
    });

    test(`an action with a ${name} artifact is absent until it is stored anew`, async () => {
      const { layout, store } = emptyStore();
      const ref = await store.put(Buffer.from('weights of a flow'));
      await store.remember('key', { activity: 'train', spec: {}, output: { nested: [{ checkpoint: ref }] } });
      harm(objectPath(layout.objects, ref.sha256));
      const later = new LocalStore(layout);
      assert.equal(await later.recall('key'), null);
      assert.deepEqual(await later.put(Buffer.from('weights of a flow')), ref);
      assert.deepEqual((await later.recall('key'))?.output, { nested: [{ checkpoint: ref }] });
    });
  }

  for (const [name, harm] of [
    ['truncated', (path: string) => truncateSync(path, 3)],
    ['bit-flipped', (path: string) => overwrite(path, flipBit)],
  ] as const) {
    test(`an object that is ${name} after this process has read it, with its old times, is damaged`, async () => {
      const { layout, store } = emptyStore();
      const ref = await store.put(Buffer.from('a checkpoint of a training'));
      const path = objectPath(layout.objects, ref.sha256);
      assert.equal(await store.path(ref), path);
      const { atime, mtime } = statSync(path);
      chmodSync(path, 0o644);
      harm(path);
      utimesSync(path, atime, mtime);
      await assert.rejects(store.path(ref), isStorageError('damaged', path));
      assert.deepEqual(await store.put(Buffer.from('a checkpoint of a training')), ref);
      assert.equal(await store.path(ref), path);
    });
  }

  test('an action with any bit flipped is absent', async () => {
    const { layout, store } = emptyStore();
    await store.remember('key', {
      activity: 'train',
      spec: { updates: 1e21 },
      output: { value: -1.5e-7, weights: 'e5' },
    });
    const path = join(layout.actions, 'key.json');
    const whole = readFileSync(path);
    for (let bit = 0; bit < 8 * whole.length; bit += 1) {
      writeFileSync(
        path,
        whole.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)),
      );
      assert.equal(await store.recall('key'), null, `bit ${bit}`);
    }
    writeFileSync(path, whole);
    assert.deepEqual((await store.recall('key'))?.output, { value: -1.5e-7, weights: 'e5' });
  });

  test('an action whose artifact was removed is absent', async () => {
    const { layout, store } = emptyStore();
    const ref = await store.put(Buffer.from('gone soon'));
    await store.remember('key', { activity: 'train', spec: {}, output: { ref } });
    rmSync(objectPath(layout.objects, ref.sha256));
    await assert.rejects(store.get(ref), isStorageError('missing', objectPath(layout.objects, ref.sha256)));
    assert.equal(await store.recall('key'), null);
  });

  test(
    'what was remembered is recalled by another process with its time, and a half-written record is '
      + 'absent',
    async () => {
      const { layout, store } = emptyStore();
      const before = Date.now();
      await store.remember('key', { activity: 'evaluate', spec: { a: 1 }, output: { mse: 0.5 } });
      const found = await new LocalStore(layout).recall<{ mse: number }>('key');
      assert.equal(found?.output.mse, 0.5);
      assert.ok(Date.parse(found.at) >= before);
      const record = JSON.parse(readFileSync(join(layout.actions, 'key.json'), 'utf8')) as Record<
        string,
        unknown
      >;
      assert.deepEqual([record.activity, record.spec], ['evaluate', { a: 1 }]);
      writeFileSync(join(layout.actions, 'torn.json'), '{"output": {"mse"');
      assert.equal(await store.recall('torn'), null);
      assert.equal(await store.recall('unknown'), null);
    },
  );

  test('two processes writing the same artifacts at once both succeed', async () => {
    const { layout, store } = emptyStore();
    const writers = [1, 2].map(() =>
      spawn(process.execPath, ['--import', 'tsx', 'test/support/store-writer.ts', layout.out, '20'], {
        stdio: ['ignore', 'ignore', 'inherit'],
      }),
    );
    const codes = await Promise.all(writers.map(async (writer) => (await once(writer, 'exit'))[0] as number));
    assert.deepEqual(codes, [0, 0]);
    for (let round = 0; round < 20; round += 1) assert.notEqual(await store.recall(`round-${round}`), null);
    assert.deepEqual(readdirSync(join(layout.objects, '.incoming')), []);
    assert.deepEqual(
      readdirSync(layout.actions).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });

  test('a place that cannot be written to is a StorageError with a remedy', async () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const store = new LocalStore(layoutOf(file));
    await assert.rejects(
      store.put(Buffer.from('x')),
      (error) => error instanceof StorageError && error.code === 'ENOTDIR',
    );
    await assert.rejects(
      store.remember('key', { activity: 'a', spec: 0, output: 0 }),
      (error) => error instanceof StorageError && error.path.includes('a-file'),
    );
  });

  test(
    'a full disk is a StorageError that says so, and leaves nothing behind',
    { skip: !canWriteToFullDevice() && 'no /dev/full here' },
    async () => {
      const { withStorageErrors } = await import('../../../activities/disk/storage-errors.ts');
      const { writeFile } = await import('node:fs/promises');
      await assert.rejects(
        withStorageErrors('/dev/full', () => writeFile('/dev/full', 'x')),
        (error) =>
          error instanceof StorageError && error.code === 'ENOSPC' && /disk is full/.test(error.message),
      );
    },
  );

  test(
    'storing and checking a large file end when the activity that asked for it is to end, and leave '
      + 'nothing behind',
    async () => {
      const { layout, store } = emptyStore();
      const file = join(folder, 'larger');
      writeFileSync(file, Buffer.alloc(3_000_000, 'larger'));
      const stored = await store.put({ file });
      const ending = new AbortController();
      const seen = abortable(new LocalStore(layout), ending.signal);
      ending.abort(new Error('cancelled'));
      await assert.rejects(seen.put({ file }), /cancelled/);
      await assert.rejects(seen.path(stored), /cancelled/);
      await assert.rejects(seen.has(stored), /cancelled/);
      assert.deepEqual(readdirSync(join(layout.objects, '.incoming')), []);
      assert.equal(await new LocalStore(layout).has(stored), true);
    },
  );

  test(
    'what a killed writer or job left is swept when no attempt can be at work on it any more, and not '
      + 'before',
    async () => {
      const { layout, store } = emptyStore();
      const left = [
        join(layout.objects, '.incoming', 'half-written'),
        join(layout.scratch, 'train-segment-x'),
      ];
      mkdirSync(left[1]!, { recursive: true });
      mkdirSync(join(layout.objects, '.incoming'), { recursive: true });
      writeFileSync(left[0]!, 'half');
      const longestAttempt = new Date(Date.now() - 48 * 3_600_000);
      for (const path of left) utimesSync(path, longestAttempt, longestAttempt);
      await store.sweep();
      for (const path of left) assert.ok(existsSync(path));
      for (const path of left) utimesSync(path, new Date(0), new Date(0));
      await store.sweep();
      for (const path of left) assert.equal(existsSync(path), false);
    },
  );

  test('keys and names that would leave the store are refused', async () => {
    const { store } = emptyStore();
    await assert.rejects(store.recall('../../etc/passwd'), /A key is/);
    await assert.rejects(
      store.get({ uri: 'artifact://sha256/..', sha256: '../../secret', bytes: 1 }),
      /64 hexadecimal/,
    );
  });

  test('artifacts are found wherever they are in an output', () => {
    const ref = { uri: 'artifact://sha256/ab', sha256: 'ab', bytes: 1 };
    assert.deepEqual(artifactsIn({ a: ref, b: [null, 'x', { c: ref }], d: 4 }), [ref, ref]);
  });
});

describe('a run directory', () => {
  const { layout, store } = emptyStore();
  const runs = new LocalRunDirectory(layout, store);

  test('shares a stored file by hard link and replaces it whole, leaving the stored one as it was', async () => {
    const ref = await store.put(Buffer.from('onnx'));
    await runs.link('run-1', 'onnx/flow.onnx', ref);
    const path = join(runs.path('run-1'), 'onnx', 'flow.onnx');
    assert.equal(statSync(path).ino, statSync(await store.path(ref)).ino);
    await runs.link('run-1', 'onnx/flow.onnx', ref);
    await runs.write('run-1', 'onnx/flow.onnx', 'other');
    assert.equal(readFileSync(path, 'utf8'), 'other');
    assert.equal(Buffer.from(await new LocalStore(layout).get(ref)).toString(), 'onnx');
    assert.deepEqual(readdirSync(join(runs.path('run-1'), 'onnx')), ['flow.onnx']);
  });

  test('refuses names outside its folder', async () => {
    await assert.rejects(runs.write('run-1', '../run-2/run.json', '{}'), /stays in its folder/);
    assert.throws(() => runs.path('../x'), /A run id is/);
  });
});

function canWriteToFullDevice(): boolean {
  try {
    return statSync('/dev/full').isCharacterDevice();
  } catch {
    return false;
  }
}
