import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { checkCifar10, readCifar10 } from '../../../activities/datasets/cifar10.ts';

const names = ['data_batch_1.bin', 'data_batch_2.bin', 'data_batch_3.bin', 'data_batch_4.bin', 'data_batch_5.bin', 'test_batch.bin'];
const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

/** A folder of small CIFAR-10 files; `change` replaces the content of some by name (null: the file is left out). */
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

/** Records whose red, green and blue planes are recognisable: plane value 10 * colour + file, first pixel 100 + colour. */
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
const refused = (error: string, ...rules: RegExp[]) => (thrown: Error): boolean =>
  thrown.name === error && rules.every((rule) => rule.test(thrown.message)) && !thrown.message.includes('\n');

describe('CIFAR-10 files', () => {
  test('become images in file order with colours interleaved', async () => {
    const { train, test: testFile } = await checkCifar10(await cifarFolder(), partial);
    const images = await readCifar10(train);
    assert.equal(images.length, 10 * 3072);
    assert.deepEqual([...images.subarray(0, 6)], [100, 101, 102, 0, 10, 20]);
    const lastFile = images.subarray(8 * 3072);
    assert.deepEqual([...lastFile.subarray(0, 6)], [100, 101, 102, 4, 14, 24]);
    assert.deepEqual([...(await readCifar10([testFile])).subarray(3, 6)], [5, 15, 25]);
  });

  test('are found in the official subfolder too', async () => {
    const { train, partial: isPartial } = await checkCifar10(await cifarFolder({}, 'cifar-10-batches-bin'), partial);
    assert.equal(train.length, 5);
    assert.equal(isPartial, true);
  });

  test('with fewer than 10,000 records are refused, naming the option that accepts them', async () => {
    await assert.rejects(checkCifar10(await cifarFolder(), { allowPartial: false }),
      refused('MissingDataError', /data_batch_1\.bin should hold 10000 records and holds 2/, /--set dataset\.allowPartial=true/));
  });

  test('of the official size are not partial', async () => {
    const whole = new Uint8Array(10_000 * 3073);
    const folder = await cifarFolder(Object.fromEntries(names.map((name) => [name, whole])));
    assert.equal((await checkCifar10(folder, { allowPartial: false })).partial, false);
  });

  test('that are no multiple of a record are refused with the size', async () => {
    const folder = await cifarFolder({ 'data_batch_2.bin': new Uint8Array(3074) });
    await assert.rejects(checkCifar10(folder, partial), refused('BadInputError', /data_batch_2\.bin should be a multiple of 3073 bytes/, /has 3074 bytes/));
  });

  test('that are empty or too long are refused', async () => {
    await assert.rejects(checkCifar10(await cifarFolder({ 'test_batch.bin': new Uint8Array(0) }), partial), refused('BadInputError', /test_batch\.bin/, /0 bytes/));
    const long = await cifarFolder({ 'test_batch.bin': new Uint8Array(10_001 * 3073) });
    await assert.rejects(checkCifar10(long, partial), refused('BadInputError', /at most 10000 records, and holds 10001/));
  });

  test('that are missing are named', async () => {
    await assert.rejects(checkCifar10(await cifarFolder({ 'data_batch_3.bin': null }), partial), refused('MissingDataError', /data_batch_3\.bin is missing/));
    await assert.rejects(checkCifar10(join(tmpdir(), 'no-such-folder'), partial), refused('MissingDataError', /no-such-folder should be a folder/, /--data-dir/));
  });

  test('with a label over 9 are refused with the record', async () => {
    const bytes = records(3, 0);
    bytes[2 * 3073] = 17;
    const { train } = await checkCifar10(await cifarFolder({ 'data_batch_4.bin': bytes }), partial);
    await assert.rejects(readCifar10(train), refused('BadInputError', /data_batch_4\.bin, record 2: a label is 0 to 9, got 17/));
  });
});

const realData = '../shared/data/cifar10';
test('the real partial set is read', { skip: existsSync(realData) ? false : `${realData} is not here` }, async () => {
  const { train, test: testFile, partial: isPartial } = await checkCifar10(realData, partial);
  const images = await readCifar10(train);
  assert.equal(images.length / 3072, 8068);
  assert.equal(testFile.records, 1017);
  assert.equal(isPartial, true);
  // Mean of the colours over CIFAR-10 is (125.3, 123.0, 113.9), as every loader's normalisation has it.
  const means = [0, 1, 2].map((colour) => {
    let sum = 0;
    for (let i = colour; i < images.length; i += 3) sum += images[i]!;
    return sum / (images.length / 3);
  });
  [125.3, 123.0, 113.9].forEach((mean, colour) => assert.ok(Math.abs(means[colour]! - mean) < 2, `colour ${colour}: ${means[colour]}`));
});
