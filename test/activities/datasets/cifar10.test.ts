import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { pack } from 'tar-stream';
import { openCifar10 } from '../../../activities/datasets/cifar10.ts';
import type { ImageSplit } from '../../../activities/datasets/image-source.ts';
import { collect } from '../../support/collect.ts';
import { sharedData, skipWithout } from '../../support/shared-data.ts';

const names = [
  'data_batch_1.bin',
  'data_batch_2.bin',
  'data_batch_3.bin',
  'data_batch_4.bin',
  'data_batch_5.bin',
  'test_batch.bin',
];
const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

/** A folder of small CIFAR-10 files; `change` replaces the content of some by name (null: the file is left
 *  out). */
async function cifarFolder(change: Record<string, Uint8Array | null> = {}, subfolder = ''): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cifar10-'));
  folders.push(folder);
  await mkdir(join(folder, subfolder), { recursive: true });
  for (const [i, name] of names.entries()) {
    const bytes = name in change ? change[name]! : records(2, i);
    if (bytes) await writeFile(join(folder, subfolder, name), bytes);
  }
  return folder;
}

/** Records whose red, green and blue planes are recognisable: plane value 10 * colour + file, first pixel 100
 *  + colour. */
function records(count: number, file: number, label = 3): Uint8Array {
  const bytes = new Uint8Array(count * 3073);
  for (let r = 0; r < count; r++) {
    bytes[r * 3073] = label;
    for (let colour = 0; colour < 3; colour++) {
      const plane = r * 3073 + 1 + colour * 1024;
      bytes.fill(10 * colour + file, plane, plane + 1024);
      bytes[plane] = 100 + colour;
    }
  }
  return bytes;
}

const partial = { allowPartial: true };
const imagesOf = async (split: ImageSplit): Promise<Buffer> => Buffer.concat(await collect(split.images()));
const refused =
  (error: string, ...rules: RegExp[]) =>
  (thrown: Error): boolean =>
    thrown.name === error
    && rules.every((rule) => rule.test(thrown.message))
    && !thrown.message.includes('\n');

describe('CIFAR-10 files', () => {
  test('become images in file order with colours interleaved', async () => {
    const { train, test: held } = await openCifar10(await cifarFolder(), partial);
    const images = await imagesOf(train);
    assert.equal(images.length, 10 * 3072);
    assert.deepEqual([...images.subarray(0, 6)], [100, 101, 102, 0, 10, 20]);
    const lastFile = images.subarray(8 * 3072);
    assert.deepEqual([...lastFile.subarray(0, 6)], [100, 101, 102, 4, 14, 24]);
    assert.deepEqual([...(await imagesOf(held)).subarray(3, 6)], [5, 15, 25]);
    assert.deepEqual([...(await train.labels())!], Array<number>(10).fill(3));
  });

  test('are found in the official subfolder too', async () => {
    const { train, partial: isPartial } = await openCifar10(
      await cifarFolder({}, 'cifar-10-batches-bin'),
      partial,
    );
    assert.equal(train.count, 10);
    assert.equal(isPartial, true);
  });

  test('with fewer than 10,000 records are refused, naming the option that accepts them', async () => {
    await assert.rejects(
      openCifar10(await cifarFolder(), { allowPartial: false }),
      refused(
        'MissingDataError',
        /data_batch_1\.bin should hold 10000 records and holds 2/,
        /--set dataset\.allowPartial=true/,
      ),
    );
  });

  test('of the official size are not partial', async () => {
    const whole = new Uint8Array(10_000 * 3073);
    const folder = await cifarFolder(Object.fromEntries(names.map((name) => [name, whole])));
    assert.equal((await openCifar10(folder, { allowPartial: false })).partial, false);
  });

  test('that are no multiple of a record are refused with the size', async () => {
    const folder = await cifarFolder({ 'data_batch_2.bin': new Uint8Array(3074) });
    await assert.rejects(
      openCifar10(folder, partial),
      refused('BadInputError', /data_batch_2\.bin should be a multiple of 3073 bytes/, /has 3074 bytes/),
    );
  });

  test('that are empty or too long are refused', async () => {
    await assert.rejects(
      openCifar10(await cifarFolder({ 'test_batch.bin': new Uint8Array(0) }), partial),
      refused('BadInputError', /test_batch\.bin/, /0 bytes/),
    );
    const long = await cifarFolder({ 'test_batch.bin': new Uint8Array(10_001 * 3073) });
    await assert.rejects(
      openCifar10(long, partial),
      refused('BadInputError', /at most 10000 records, and holds 10001/),
    );
  });

  test('that are missing are named', async () => {
    await assert.rejects(
      openCifar10(await cifarFolder({ 'data_batch_3.bin': null }), partial),
      refused('MissingDataError', /data_batch_3\.bin is missing/),
    );
    await assert.rejects(
      openCifar10(join(tmpdir(), 'no-such-folder'), partial),
      refused('MissingDataError', /no-such-folder should be a folder/, /--data-dir/),
    );
  });

  test('with a label over 9 are refused with the record', async () => {
    const bytes = records(3, 0);
    bytes[2 * 3073] = 17;
    const { train } = await openCifar10(await cifarFolder({ 'data_batch_4.bin': bytes }), partial);
    await assert.rejects(
      imagesOf(train),
      refused('BadInputError', /data_batch_4\.bin, record 2: a label is 0 to 9, got 17/),
    );
  });
});

describe('the CIFAR-10 archive', () => {
  /** As tar -cz makes it, the files in an order of their own, as in the official one. */
  async function archiveOf(contents: Record<string, Uint8Array>): Promise<Buffer> {
    const tar = pack();
    for (const name of [
      'data_batch_4.bin',
      'readme.html',
      'test_batch.bin',
      'data_batch_3.bin',
      'data_batch_2.bin',
      'data_batch_5.bin',
      'data_batch_1.bin',
    ]) {
      if (contents[name]) tar.entry({ name: `cifar-10-batches-bin/${name}` }, Buffer.from(contents[name]));
    }
    tar.finalize();
    return gzipSync(await buffer(tar));
  }
  const whole = (): Record<string, Uint8Array> => ({
    ...Object.fromEntries(names.map((name, i) => [name, records(2, i, i)])),
    'readme.html': Buffer.from('read me'),
  });
  async function folderWith(name: string, bytes: Uint8Array): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'cifar10-'));
    folders.push(folder);
    await writeFile(join(folder, name), bytes);
    return folder;
  }

  test('gives the images of the unpacked folder, in the same order, and their labels', async () => {
    const packed = await openCifar10(
      await folderWith('cifar-10-binary.tar.gz', await archiveOf(whole())),
      partial,
    );
    const unpacked = await openCifar10(await cifarFolder(), partial);
    assert.deepEqual(await imagesOf(packed.train), await imagesOf(unpacked.train));
    assert.deepEqual(await imagesOf(packed.test), await imagesOf(unpacked.test));
    assert.deepEqual([...(await packed.train.labels())!], [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
    assert.deepEqual(
      packed.inputs.map(({ name }) => name),
      ['cifar-10-binary.tar.gz'],
    );
  });

  test('is looked through no further once the activity is to end', async () => {
    const folder = await folderWith('cifar-10-binary.tar.gz', await archiveOf(whole()));
    await assert.rejects(openCifar10(folder, partial, AbortSignal.abort(new Error('cancelled'))), {
      message: 'cancelled',
    });
  });

  test('is refused where it is cut short, lacks a file or is no gzip file at all', async () => {
    const bytes = await archiveOf(whole());
    for (const cut of [bytes.length - 9, bytes.length >> 1, 12]) {
      const folder = await folderWith('cifar-10-binary.tar.gz', bytes.subarray(0, cut));
      await assert.rejects(
        openCifar10(folder, partial),
        refused('BadInputError', /cifar-10-binary\.tar\.gz is not a whole archive/, /Download it again/),
      );
    }
    const { 'data_batch_3.bin': _, ...rest } = whole();
    await assert.rejects(
      openCifar10(await folderWith('cifar-10-binary.tar.gz', await archiveOf(rest)), partial),
      refused('MissingDataError', /data_batch_3\.bin is missing/),
    );
    await assert.rejects(
      openCifar10(await folderWith('cifar-10-binary.tar.gz', Buffer.alloc(5000, 7)), partial),
      refused('BadInputError', /not a whole archive/),
    );
  });

  test('is named in all of its versions where none is there', async () => {
    await assert.rejects(
      openCifar10(await folderWith('cifar-100-python.tar.gz', Buffer.alloc(10)), partial),
      refused(
        'MissingDataError',
        /binary version/,
        /Python version \(cifar-10-batches-py\/ or cifar-10-python\.tar\.gz\)/,
        /MATLAB version/,
      ),
    );
  });

  const cut = sharedData('formats', 'truncated', 'cifar-10-binary.truncated1351680.tar.gz');
  test('that is really cut short is refused', { skip: skipWithout(cut) }, async () => {
    const folder = await folderWith('cifar-10-binary.tar.gz', await readFile(cut));
    await assert.rejects(
      openCifar10(folder, partial),
      refused('BadInputError', /cifar-10-binary\.tar\.gz is not a whole archive/, /Download it again/),
    );
  });

  const python = sharedData('formats', 'truncated', 'cifar-10-python.truncated3145728.tar.gz');
  test(
    'of the Python version, cut short and under the other name, is refused too',
    { skip: skipWithout(python) },
    async () => {
      const folder = await folderWith('cifar-10-binary.tar.gz', await readFile(python));
      await assert.rejects(openCifar10(folder, partial), refused('BadInputError', /not a whole archive/));
    },
  );
});

const realData = sharedData('cifar10');
test('the real partial set is read', { skip: skipWithout(realData) }, async () => {
  const { train, test: held, partial: isPartial } = await openCifar10(realData, partial);
  const images = await imagesOf(train);
  assert.equal(images.length / 3072, 8068);
  assert.equal(held.count, 1017);
  assert.equal(isPartial, true);
  // Mean of the colours over CIFAR-10 is (125.3, 123.0, 113.9), as every loader's normalisation has it.
  const means = [0, 1, 2].map((colour) => {
    let sum = 0;
    for (let i = colour; i < images.length; i += 3) sum += images[i]!;
    return sum / (images.length / 3);
  });
  [125.3, 123.0, 113.9].forEach((mean, colour) =>
    assert.ok(Math.abs(means[colour]! - mean) < 2, `colour ${colour}: ${means[colour]}`),
  );
});
