import assert from 'node:assert/strict';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { zipSync } from 'fflate';
import sharp from 'sharp';
import { openCeleba } from '../../../activities/datasets/celeba.ts';
import { readPartition } from '../../../activities/datasets/celeba-partition.ts';
import type { ImageSplit } from '../../../activities/datasets/image-source.ts';
import { celebaDatasetSchema } from '../../../activities/config/dataset-config.ts';
import { collect } from '../../support/collect.ts';
import { rawZip } from '../../support/faults/hostile/raw-zip.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { sharedCase, sharedData, skipWithout } from '../../support/shared-data.ts';

const root = temporaryFolder('celeba');
const options = { size: 32, crop: 140, kernel: 'linear', allowPartial: true } as const;
const imagesOf = async (split: ImageSplit): Promise<Buffer> => Buffer.concat(await collect(split.images()));
const refused =
  (error: string, ...rules: RegExp[]) =>
  (thrown: Error): boolean =>
    thrown.name === error
    && rules.every((rule) => rule.test(thrown.message))
    && !thrown.message.includes('\n');

/** Red grows with the column, green with the row, blue is the image's number. */
function aligned(number: number, width = 178, height = 218): Promise<Buffer> {
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) pixels.set([i % width, Math.floor(i / width), 20 * number], 3 * i);
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
    .toBuffer();
}
const nameOf = (number: number): string => `${String(number).padStart(6, '0')}.jpg`;
const jpegs = new Map<string, Uint8Array>();
before(async () => {
  for (const number of [1, 2, 3, 4, 5]) jpegs.set(nameOf(number), await aligned(number));
});
/** 1, 2 and 5 for training, 3 for validation, 4 for testing. */
const partition = [0, 0, 1, 2, 0].map((part, i) => `${nameOf(i + 1)} ${part}`).join('\n') + '\n';

function folderWith(
  form: 'folder' | 'zip',
  files: ReadonlyMap<string, Uint8Array> = jpegs,
  list = partition,
): string {
  const folder = mkdtempSync(join(root, 'data-'));
  writeFileSync(join(folder, 'list_eval_partition.txt'), list);
  if (form === 'zip')
    writeFileSync(
      join(folder, 'img_align_celeba.zip'),
      zipSync(Object.fromEntries([...files].map(([name, bytes]) => [`img_align_celeba/${name}`, bytes]))),
    );
  else {
    mkdirSync(join(folder, 'img_align_celeba'));
    for (const [name, bytes] of files) writeFileSync(join(folder, 'img_align_celeba', name), bytes);
  }
  return folder;
}

describe('CelebA', () => {
  for (const form of ['folder', 'zip'] as const) {
    test(`as a ${form} has the official split: training and test images, no validation images`, async () => {
      const { train, test: held, partial, shape } = await openCeleba(folderWith(form), options);
      assert.deepEqual([train.count, held.count, partial, shape], [3, 1, true, [32, 32, 3]]);
      const blues = async (split: ImageSplit): Promise<number[]> =>
        (await collect(split.images())).map((image) => Math.round(image[2]! / 20));
      assert.deepEqual([await blues(train), await blues(held)], [[1, 2, 5], [4]]);
      assert.equal(await train.labels(), null);
    });
  }

  test(
    'is cut to the central square and resized: pixel (row, column) lies where it should in the aligned '
      + 'image',
    async () => {
      for (const [size, crop, kernel] of [
        [32, 140, 'linear'],
        [64, 140, 'linear'],
        [32, 178, 'linear'],
        [64, 64, 'linear'],
        [32, 140, 'pillow-bilinear'],
        [64, 178, 'pillow-bilinear'],
      ] as const) {
        const image = (
          await collect(
            (await openCeleba(folderWith('folder'), { ...options, size, crop, kernel })).test.images(),
          )
        )[0]!;
        assert.equal(image.length, size * size * 3);
        const [left, top, step] = [(178 - crop) / 2, (218 - crop) / 2, crop / size];
        for (const [row, column] of [
          [2, 2],
          [size - 3, 2],
          [2, size - 3],
          [size / 2, size / 2 - 1],
        ] as const) {
          const [red, green] = image.subarray((row * size + column) * 3);
          const wanted = [left + step * (column + 0.5) - 0.5, top + step * (row + 0.5) - 0.5];
          assert.ok(
            Math.abs(red! - wanted[0]!) < 1.6 && Math.abs(green! - wanted[1]!) < 1.6,
            `${size} of ${crop} at ${row}, ${column}: ${red}, ${green}, wanted ${wanted}`,
          );
        }
      }
    },
  );

  test('is resized as Pillow does unless another kernel is asked for, and the card says which', async () => {
    const folder = folderWith('folder');
    const cardOf = async (asked: object): Promise<string> => {
      const { size, crop, kernel, allowPartial } = celebaDatasetSchema.parse({
        kind: 'celeba',
        allowPartial: true,
        ...asked,
      });
      return (await openCeleba(folder, { size, crop, kernel, allowPartial })).card.preprocessing.join(' ');
    };
    assert.match(await cardOf({}), /To 32 x 32\. Resized as Pillow's BILINEAR resizes/);
    assert.match(
      await cardOf({ kernel: 'linear' }),
      /sharp \(libvips\), kernel linear: first to the means of 2 x 2 pixels/,
    );
    assert.match(
      await cardOf({ kernel: 'cubic', size: 64 }),
      /kernel cubic: with the kernel, widened by the reduction\./,
    );
  });

  test('are looked through no further once the activity is to end', async () => {
    const ending = AbortSignal.abort(new Error('cancelled'));
    for (const form of ['folder', 'zip'] as const)
      await assert.rejects(openCeleba(folderWith(form), options, ending), { message: 'cancelled' });
  });

  test('folder and zip give the same bytes', async () => {
    const [one, other] = [
      await openCeleba(folderWith('folder'), options),
      await openCeleba(folderWith('zip'), options),
    ];
    assert.deepEqual(await imagesOf(one.train), await imagesOf(other.train));
    assert.deepEqual(
      other.inputs.map(({ name }) => name),
      ['list_eval_partition.txt', 'img_align_celeba.zip'],
    );
    assert.deepEqual(one.inputs.map(({ name }) => name).slice(0, 2), [
      'list_eval_partition.txt',
      'img_align_celeba/000001.jpg',
    ]);
  });

  test('is refused where it is not whole, unless a part is accepted', async () => {
    await assert.rejects(
      openCeleba(folderWith('folder'), { ...options, allowPartial: false }),
      refused(
        'MissingDataError',
        /162770 training and 19962 test images, and holds 3 and 1/,
        /dataset\.allowPartial=true/,
      ),
    );
    const bare = mkdtempSync(join(root, 'bare-'));
    await assert.rejects(
      openCeleba(bare, options),
      refused('MissingDataError', /list_eval_partition\.txt is missing/),
    );
    writeFileSync(join(bare, 'list_eval_partition.txt'), partition);
    await assert.rejects(
      openCeleba(bare, options),
      refused('MissingDataError', /img_align_celeba\/ or img_align_celeba\.zip, and has neither/),
    );
    await assert.rejects(
      openCeleba(folderWith('folder', new Map([[nameOf(3), jpegs.get(nameOf(3))!]])), options),
      refused('MissingDataError', /holds 0 and 0/, /of the 1 files in .*img_align_celeba\./),
    );
  });

  test('is refused with the line, the image or the archive that is wrong', async () => {
    await assert.rejects(
      openCeleba(folderWith('folder', jpegs, `${partition}7.jpg yes\n`), options),
      refused('BadInputError', /line 6: .* got "7\.jpg yes"/),
    );
    const small = await openCeleba(
      folderWith('folder', new Map([...jpegs, [nameOf(2), await aligned(2, 178, 178)]])),
      options,
    );
    await assert.rejects(
      imagesOf(small.train),
      refused('BadInputError', /^000002\.jpg should have 178 x 218 pixels, and has 178 x 178/),
    );
    const cut = await openCeleba(
      folderWith('zip', new Map([...jpegs, [nameOf(5), jpegs.get(nameOf(5))!.subarray(0, 2000)]])),
      options,
    );
    await assert.rejects(
      imagesOf(cut.train),
      refused('BadInputError', /^000005\.jpg cannot be read as an image/),
    );
    const folder = folderWith('zip');
    writeFileSync(join(folder, 'img_align_celeba.zip'), Buffer.alloc(3000, 1));
    await assert.rejects(
      openCeleba(folder, options),
      refused('BadInputError', /img_align_celeba\.zip is not a whole zip file/, /Download it again/),
    );
  });

  test('is refused where bytes of the archive have changed, also where they still make an image', async () => {
    const sound = folderWith('zip');
    const archive = zipSync(
      Object.fromEntries([...jpegs].map(([name, bytes]) => [`img_align_celeba/${name}`, bytes])),
      { level: 0 },
    );
    const first = Buffer.from(archive).indexOf('img_align_celeba/000001.jpg');
    for (const [at, rule] of [
      [first + 3000, /checksum of img_align_celeba\/000001\.jpg is wrong/],
      [first - 30, /signature/],
    ] as const) {
      const changed = archive.slice();
      changed[at]! ^= 1;
      writeFileSync(join(sound, 'img_align_celeba.zip'), changed);
      await assert.rejects(
        imagesOf((await openCeleba(sound, options)).train),
        refused('BadInputError', /img_align_celeba\.zip is not a whole zip file/, rule),
      );
    }
  });
});

describe('CelebA as Kaggle hands it out', () => {
  const table = [
    'image_id,partition',
    ...partition
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(' ', ',')),
  ].join('\r\n');
  function unpacked(list = table): string {
    const folder = mkdtempSync(join(root, 'kaggle-'));
    const images = join(folder, 'img_align_celeba', 'img_align_celeba');
    mkdirSync(images, { recursive: true });
    for (const [name, bytes] of jpegs) writeFileSync(join(images, name), bytes);
    writeFileSync(join(folder, 'list_eval_partition.csv'), list);
    return folder;
  }

  test('a folder in a folder, its split as a table: the images of the official form', async () => {
    const [kaggle, official] = [
      await openCeleba(unpacked(), options),
      await openCeleba(folderWith('folder'), options),
    ];
    for (const part of ['train', 'test'] as const)
      assert.deepEqual(await imagesOf(kaggle[part]), await imagesOf(official[part]));
    assert.deepEqual(kaggle.inputs.map(({ name }) => name).slice(0, 2), [
      'list_eval_partition.csv',
      'img_align_celeba/img_align_celeba/000001.jpg',
    ]);
  });

  test('with another line in its table is refused with the line', async () => {
    await assert.rejects(
      openCeleba(unpacked(`${table}\r\n000006.jpg,3`), options),
      refused('BadInputError', /list_eval_partition\.csv, line 7: .* got "000006\.jpg,3"/),
    );
    await assert.rejects(
      openCeleba(unpacked('name,part\n000001.jpg,0'), options),
      refused('BadInputError', /line 1: .* got "name,part"/),
    );
  });

  test('still packed is told to be unpacked', async () => {
    const folder = mkdtempSync(join(root, 'packed-'));
    writeFileSync(join(folder, 'list_eval_partition.csv'), table);
    writeFileSync(join(folder, 'archive.zip'), '');
    await assert.rejects(
      openCeleba(folder, options),
      refused('MissingDataError', /has neither/, /unpack archive\.zip where it holds them/),
    );
  });

  const shared = sharedCase('celeba-kaggle');
  test('is read whole from the shared case', { skip: skipWithout(shared) }, async () => {
    const { train, test: held } = await openCeleba(shared, options);
    const validation = readFileSync(join(shared, 'list_eval_partition.csv'), 'utf8')
      .split('\n')
      .filter((line) => line.trimEnd().endsWith(',1')).length;
    assert.equal(train.count + held.count, 24 - validation);
    assert.equal((await imagesOf(held)).length, held.count * 3072);
  });

  const real = sharedData('celeba', 'list_eval_partition.txt');
  test(
    'has the whole official split where its table says the same',
    { skip: skipWithout(real) },
    async () => {
      const folder = unpacked(
        [
          'image_id,partition',
          ...readFileSync(real, 'utf8')
            .split('\n')
            .map((line) => line.replace(' ', ',')),
        ].join('\n'),
      );
      const {
        pinned: { expected, found },
      } = await readPartition(folder);
      assert.equal(found, expected);
      writeFileSync(join(folder, 'list_eval_partition.csv'), table);
      assert.notEqual((await readPartition(folder)).pinned.found, expected);
    },
  );
});

describe('a zip of CelebA whose end states other counts and places than there are', () => {
  const many = 70_000;
  const entry = (number: number, content: Uint8Array = Buffer.from('x')) => ({
    name: `img_align_celeba/${nameOf(number)}`,
    content,
  });
  const all = () =>
    Array.from({ length: many }, (_, i) => entry(i + 1, i + 1 === many ? jpegs.get(nameOf(4)) : undefined));
  /** The last one for testing. */
  const list = Array.from({ length: many }, (_, i) => `${nameOf(i + 1)} ${i + 1 === many ? 2 : 0}\n`).join(
    '',
  );
  const withArchive = (bytes: Uint8Array): string => {
    const folder = folderWith('zip', new Map(), list);
    writeFileSync(join(folder, 'img_align_celeba.zip'), bytes);
    return folder;
  };

  test('is counted in its directory: 70,000 images of which macOS states 4,464', async () => {
    const {
      train,
      test: held,
      source,
      close,
    } = await openCeleba(withArchive(rawZip(all(), { count: many % 65_536 })), options);
    assert.deepEqual([train.count, held.count], [many - 1, 1]);
    assert.match(source, /69999 of 162770 training and 1 of 19962 test images/);
    assert.deepEqual(
      await imagesOf(held),
      await imagesOf((await openCeleba(folderWith('folder'), options)).test),
    );
    close?.();
  });

  test('is refused where the count is another one, above or below, or the directory goes on', async () => {
    const three = [entry(1), entry(2), entry(3)];
    for (const [bytes, rule] of [
      [rawZip(three, { count: 2 }), /should hold the 2 files it states, and holds 3/],
      [rawZip(three, { count: 4 }), /should hold the 4 files it states, and holds 3/],
      [rawZip(three, { size: 60 }), /should end at byte \d+, and is stated as 60 bytes/],
      [rawZip(three, { directory: 10 }), /is stated as \d+ bytes from byte 10/],
    ] as const)
      await assert.rejects(
        openCeleba(withArchive(bytes), options),
        refused('BadInputError', /is not a whole zip file/, rule),
      );
  });

  test('is refused by the reason where it has more than 4 GiB and no zip64 record', async () => {
    const folder = withArchive(Buffer.alloc(0));
    // places of the directory and of its files are those that are there modulo 2^32; what lies between takes
    // no room on the disk
    const bytes = rawZip([entry(1), entry(2)]);
    const handle = openSync(join(folder, 'img_align_celeba.zip'), 'w');
    writeSync(handle, bytes, 0, bytes.length, 2 ** 32);
    closeSync(handle);
    await assert.rejects(
      openCeleba(folder, options),
      refused('BadInputError', /more than 4 GiB and no zip64 record.*Archive Utility.*`zip -r`/),
    );
  });
});

const real = sharedData('celeba', 'list_eval_partition.txt');
test(
  'the real partition is understood whole: with few images there, what is missing is counted',
  { skip: skipWithout(real) },
  async () => {
    const folder = folderWith(
      'folder',
      new Map([
        [nameOf(1), await aligned(1)],
        ['182638.jpg', await aligned(2)],
      ]),
    );
    writeFileSync(join(folder, 'list_eval_partition.txt'), readFileSync(real));
    const { train, test: held } = await openCeleba(folder, options);
    assert.deepEqual([train.count, held.count], [1, 1]);
    await assert.rejects(
      openCeleba(folder, { ...options, allowPartial: false }),
      /162770 training and 19962 test images, and holds 1 and 1/,
    );
  },
);
