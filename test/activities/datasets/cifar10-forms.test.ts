/** CIFAR-10's Python and MATLAB versions: the very images and labels of the binary one. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { pythonForm } from '../../../activities/datasets/cifar10-forms.ts';
import { openCifar10 } from '../../../activities/datasets/cifar10.ts';
import { unofficial } from '../../../activities/datasets/official-hashes.ts';
import type { ImageSource } from '../../../activities/datasets/image-source.ts';
import { collect } from '../../support/collect.ts';
import { op } from '../../support/faults/pickles.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { matFile, uint8Array } from '../../support/mat-files.ts';
import { runPython, skipWithout as skipWithoutPython } from '../../support/python.ts';
import { sharedData, skipWithout } from '../../support/shared-data.ts';

const root = temporaryFolder('cifar10-forms');
const partial = { allowPartial: true };
const batches = [
  'data_batch_1',
  'data_batch_2',
  'data_batch_3',
  'data_batch_4',
  'data_batch_5',
  'test_batch',
];
const newFolder = (): string => mkdtempSync(join(root, 'data-'));
const refused =
  (error: string, ...rules: RegExp[]) =>
  (thrown: Error): boolean =>
    thrown.name === error
    && rules.every((rule) => rule.test(thrown.message))
    && !thrown.message.includes('\n');

/** Of a batch: pixels that tell image, colour and place apart, and labels. */
const count = 3;
const planesOf = (batch: number): Uint8Array =>
  Uint8Array.from({ length: 3072 * count }, (_, i) => Math.imul(i + 7 * batch + 1, 0x9e3779b1) >>> 24);
const labelsOf = (batch: number): number[] => Array.from({ length: count }, (_, i) => (2 * batch + i) % 10);
const fromOther = (rows: Uint8Array, images = count): Uint8Array => {
  const columns = new Uint8Array(rows.length);
  for (let image = 0; image < images; image++)
    for (let i = 0; i < 3072; i++) columns[i * images + image] = rows[image * 3072 + i]!;
  return columns;
};

interface PickleOptions {
  readonly labels?: readonly number[];
  readonly planes?: Uint8Array;
  readonly fortran?: boolean;
  readonly type?: string;
  readonly columns?: number;
  readonly labelsAs?: string;
  readonly call?: readonly [string, string];
  /** BINBYTES of Python 3 in place of BINSTRING. */
  readonly python3?: boolean;
}
/** Opcode by opcode as the official files have them; written by Python 2's cPickle with numpy, protocol 2. */
function batchPickle(batch: number, options: PickleOptions = {}): Buffer {
  const {
    labels = labelsOf(batch),
    planes = planesOf(batch),
    fortran = false,
    type = 'u1',
    columns = 3072,
    labelsAs = 'labels',
    python3 = false,
  } = options;
  const text = (value: string): Buffer =>
    python3 ? op.text(value) : Buffer.concat([op.raw(0x55, value.length), Buffer.from(value)]);
  const tuple3 = op.raw(0x87);
  const [module, name] = options.call ?? [
    python3 ? 'numpy._core.multiarray' : 'numpy.core.multiarray',
    '_reconstruct',
  ];
  const array = Buffer.concat([
    op.global(module, name),
    op.global('numpy', 'ndarray'),
    op.raw(0x4b, 0),
    op.tuple1,
    python3 ? op.raw(0x43, 1, 0x62) : text('b'),
    tuple3,
    op.reduce,
    op.mark,
    op.raw(0x4b, 1),
    op.int(planes.length / columns),
    op.int(columns),
    op.tuple2,
    op.global('numpy', 'dtype'),
    text(type),
    op.raw(0x4b, 0),
    op.raw(0x4b, 1),
    tuple3,
    op.reduce,
    op.mark,
    op.raw(0x4b, 3),
    text('|'),
    op.none,
    op.none,
    op.none,
    op.int(-1),
    op.int(-1),
    op.raw(0x4b, 0),
    op.tuple,
    op.build,
    fortran ? op.yes : op.no,
    op.raw(python3 ? 0x42 : 0x54),
    op.length4(planes.length),
    planes,
    op.tuple,
    op.build,
  ]);
  return Buffer.concat([
    op.raw(0x80, 2),
    op.dict,
    op.mark,
    text('batch_label'),
    text(`training batch ${batch} of 5`),
    text(labelsAs),
    op.list,
    op.mark,
    ...labels.map((label) => op.raw(0x4b, label)),
    op.appends,
    text('data'),
    array,
    text('filenames'),
    op.list,
    op.mark,
    text('a.png'),
    op.appends,
    op.setItems,
    op.stop,
  ]);
}
const mat = (batch: number): Buffer =>
  matFile(
    [
      uint8Array('batch_label', [1, 1], Uint8Array.of(7)),
      uint8Array('data', [count, 3072], fromOther(planesOf(batch))),
      uint8Array('labels', [count, 1], Uint8Array.from(labelsOf(batch))),
    ],
    { compressed: true },
  );

type Write = (batch: number) => Uint8Array;
const files = (write: Write, ending = ''): Record<string, Uint8Array> =>
  Object.fromEntries(batches.map((name, i) => [`${name}${ending}`, write(i)]));
function folderOf(contents: Record<string, Uint8Array>, inside = ''): string {
  const folder = newFolder();
  mkdirSync(join(folder, inside), { recursive: true });
  for (const [name, bytes] of Object.entries(contents)) writeFileSync(join(folder, inside, name), bytes);
  return folder;
}
const binary = (): string =>
  folderOf(
    files(
      (batch) =>
        Buffer.concat(
          labelsOf(batch).flatMap((label, i) => [
            Buffer.of(label),
            planesOf(batch).subarray(3072 * i, 3072 * (i + 1)),
          ]),
        ),
      '.bin',
    ),
  );

async function contentOf(source: ImageSource): Promise<unknown> {
  const all: unknown[] = [];
  for (const split of [source.train, source.test])
    all.push(split.count, Buffer.concat(await collect(split.images())).toString('hex'), [
      ...(await split.labels())!,
    ]);
  return all;
}

describe("CIFAR-10's other versions give the images and labels of the binary one", () => {
  for (const [what, folder] of [
    [
      'Python, as torchvision leaves it',
      () =>
        folderOf(
          files((batch) => batchPickle(batch)),
          'cifar-10-batches-py',
        ),
    ],
    ['Python, in the folder itself', () => folderOf(files((batch) => batchPickle(batch)))],
    [
      'Python, columns first',
      () =>
        folderOf(files((batch) => batchPickle(batch, { fortran: true, planes: fromOther(planesOf(batch)) }))),
    ],
    [
      'Python, written again by Python 3',
      () => folderOf(files((batch) => batchPickle(batch, { python3: true }))),
    ],
    ['MATLAB', () => folderOf(files(mat, '.mat'), 'cifar-10-batches-mat')],
  ] as const) {
    test(what, async () => {
      const source = await openCifar10(folder(), partial);
      assert.deepEqual(await contentOf(source), await contentOf(await openCifar10(binary(), partial)));
      assert.match(
        source.source,
        what === 'MATLAB' ? /MATLAB version, a part of it \(15 of 50000/ : /Python version, a part of it/,
      );
      assert.equal(source.inputs.length, 6);
    });
  }

  test('Python, in its archive, whose files have an order of their own', async () => {
    const tar = pack();
    for (const batch of [3, 5, 2, 1, 4, 0])
      tar.entry({ name: `cifar-10-batches-py/${batches[batch]}` }, batchPickle(batch));
    tar.entry({ name: 'cifar-10-batches-py/batches.meta' }, 'meta');
    tar.finalize();
    const source = await openCifar10(
      folderOf({ 'cifar-10-python.tar.gz': gzipSync(await buffer(tar)) }),
      partial,
    );
    assert.deepEqual(await contentOf(source), await contentOf(await openCifar10(binary(), partial)));
    assert.match(source.card.split, /from the archive/);
  });
});

describe("CIFAR-10's other versions are refused", () => {
  const python = (change: Record<string, Uint8Array>): string =>
    folderOf({ ...files((batch) => batchPickle(batch)), ...change });
  const cases: [what: string, change: Record<string, Uint8Array>, ...rules: RegExp[]][] = [
    [
      'with a label over 9',
      { data_batch_2: batchPickle(1, { labels: [1, 17, 2] }) },
      /data_batch_2, image 1: a label is 0 to 9, got 17/,
    ],
    [
      'with fewer labels than images',
      { data_batch_2: batchPickle(1, { labels: [1] }) },
      /data_batch_2 should hold 3 labels, one an image, and holds 1/,
    ],
    ['as CIFAR-100', { data_batch_1: batchPickle(0, { labelsAs: 'fine_labels' }) }, /is one of CIFAR-100/],
    [
      'with another type',
      { data_batch_1: batchPickle(0, { type: 'i8' }) },
      /data uint8 \[1 to 10000,3072\], and its data is i8 \[3,3072\]/,
    ],
    [
      'with another shape',
      { data_batch_1: batchPickle(0, { columns: 1024 }) },
      /its data is uint8 \[9,1024\]/,
    ],
    [
      'cut short',
      { test_batch: batchPickle(5).subarray(0, 4000) },
      /test_batch is no pickle of numpy's arrays that can be read: it ends after 4000 bytes/,
    ],
    [
      'with a name that would be called',
      { data_batch_1: batchPickle(0, { call: ['os', 'system'] }) },
      /it asks for "os\.system".*nothing was executed/,
    ],
    [
      'with a Git LFS pointer',
      { data_batch_1: Buffer.from('version https://git-lfs.github.com/spec/v1\n') },
      /Git LFS pointer/,
    ],
  ];
  for (const [what, change, ...rules] of cases) {
    test(what, async () =>
      assert.rejects(openCifar10(python(change), partial), refused('BadInputError', ...rules)),
    );
  }

  test('where a file is missing, or too few images are there', async () => {
    const { data_batch_3: _, ...rest } = files((batch) => batchPickle(batch));
    await assert.rejects(
      openCifar10(folderOf(rest!, 'cifar-10-batches-py'), partial),
      refused('MissingDataError', /data_batch_3 is missing/),
    );
    await assert.rejects(
      openCifar10(python({}), { allowPartial: false }),
      refused('MissingDataError', /data_batch_1 should hold 10000 images and holds 3/, /allowPartial=true/),
    );
  });

  test('where a MATLAB file holds something else', async () => {
    for (const [arrays, rule] of [
      [[uint8Array('labels', [3, 1], Uint8Array.of(1, 2, 3))], /has no data/],
      [[uint8Array('data', [3, 3072], planesOf(0))], /has no labels/],
      [[uint8Array('data', [3072, 3], planesOf(0))], /its data is uint8 \[3072,3\]/],
      [[{ ...uint8Array('data', [3, 3072], planesOf(0)), classCode: 8 }], /its data is int8 \[3,3072\]/],
    ] as const) {
      await assert.rejects(
        openCifar10(folderOf({ ...files(mat, '.mat'), 'data_batch_1.mat': matFile(arrays) }), partial),
        refused('BadInputError', /data_batch_1\.mat/, rule),
      );
    }
  });
});

const real = sharedData('cifar10', 'cifar-10-batches-bin');
describe(
  'numpy and scipy write the forms',
  { skip: skipWithoutPython('numpy', 'scipy') || skipWithout(real) },
  () => {
    test('and the real images come out as from the official form', async () => {
      const folder = newFolder();
      runPython([
        '-c',
        `
import sys, pickle, numpy, scipy.io, os
source, target = sys.argv[1:]
for name in ['data_batch_1', 'data_batch_2', 'data_batch_3', 'data_batch_4', 'data_batch_5', 'test_batch']:
    records = numpy.fromfile(f'{source}/{name}.bin', numpy.uint8).reshape(-1, 3073)
    data, labels = numpy.ascontiguousarray(records[:, 1:]), records[:, 0]
    for form, array, protocol in [('rows', data, 4), ('columns', numpy.asfortranarray(data), 3)]:
        os.makedirs(f'{target}/{form}', exist_ok=True)
        with open(f'{target}/{form}/{name}', 'wb') as file: pickle.dump({'data': array, 'labels': labels.tolist()}, file, protocol)
    os.makedirs(f'{target}/mat', exist_ok=True)
    scipy.io.savemat(f'{target}/mat/{name}.mat', {'data': data, 'labels': labels.reshape(-1, 1), 'batch_label': name}, do_compression=True)
`,
        real,
        folder,
      ]);
      const expected = await contentOf(await openCifar10(real, partial));
      for (const form of ['rows', 'columns', 'mat'])
        assert.deepEqual(await contentOf(await openCifar10(join(folder, form), partial)), expected, form);
    });
  },
);

test('a whole Python version whose files are not the official ones is named by its MD5', async () => {
  const full = new Uint8Array(10_000 * 3072);
  const source = await openCifar10(
    folderOf(files(() => batchPickle(0, { planes: full, labels: new Array<number>(10_000).fill(1) }))),
    { allowPartial: false },
  );
  assert.equal(source.partial, false);
  assert.match(
    unofficial(source.pinned, [])[0]!,
    /data_batch_1 should be the official file, whose MD5 is c99cafc152244af753f735de768cd75f, and has [0-9a-f]{32}\./,
  );
});

const cut = sharedData('formats', 'truncated', 'cifar-10-python.truncated3145728.tar.gz');
test(
  'the beginning of the official file is read, and is that of the binary version',
  { skip: skipWithout(cut, real) },
  async () => {
    const tar = gunzipSync(readFileSync(cut), { finishFlush: constants.Z_SYNC_FLUSH });
    const begun = tar.subarray(tar.indexOf(op.raw(0x80, 2, 0x7d)));
    const dataAt = begun.indexOf(op.raw(0x54, ...op.length4(30_720_000))) + 5;
    const there = Math.floor((begun.length - dataAt) / 3072);
    // what is cut off: black images, and the end of array and dictionary
    const whole = Buffer.concat([
      begun.subarray(0, dataAt + 3072 * there),
      Buffer.alloc(30_720_000 - 3072 * there),
      op.tuple,
      op.build,
      op.setItems,
      op.stop,
    ]);
    const { planes, labels } = await pythonForm.parse('data_batch_4', whole);
    const records = readFileSync(join(real, 'data_batch_4.bin'));
    assert.ok(there > 1000 && records.length / 3073 > 1000);
    for (let i = 0; i < Math.min(there, records.length / 3073); i++) {
      assert.equal(labels[i], records[3073 * i], `label ${i}`);
      assert.ok(
        Buffer.from(planes.subarray(3072 * i, 3072 * (i + 1))).equals(
          records.subarray(3073 * i + 1, 3073 * (i + 1)),
        ),
        `image ${i}`,
      );
    }
  },
);
