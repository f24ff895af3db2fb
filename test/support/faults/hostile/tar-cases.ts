/** CIFAR-10's archive. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { gzipOfZeros, sparseFile } from './bombs.ts';
import { dataset, type HostileCase, type Place } from './hostile-case.ts';

export const cifarNames = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`).concat('test_batch.bin');
export const record = Buffer.alloc(3073, 3);

interface Entry {
  readonly name: string;
  /** '0' file, '1' hard link, '2' link, '3' device, '5' folder, '6' FIFO, 'L' long name, 'x' PAX header, 'g'
   *  PAX header for all. */
  readonly type?: string;
  readonly link?: string;
  readonly content?: Uint8Array;
  /** What the header says of the size, octal digits as they are. */
  readonly size?: string;
}

/** One entry, written by the format's description (POSIX.1-2001, ustar) and not by a library that would mend
 *  it. */
function entry({
  name,
  type = '0',
  link = '',
  content = Buffer.alloc(0),
  size = content.length.toString(8).padStart(11, '0'),
}: Entry): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  header.write('0000644\0' + '0000000\0' + '0000000\0', 100);
  header.write(`${size}\0`, 124, 12, 'latin1');
  header.write('00000000000\0        ', 136);
  header.write(type, 156);
  header.write(link, 157, 100);
  header.write('ustar\x0000', 257);
  header.write(
    `${header
      .reduce((a, b) => a + b, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

const files = (folder = 'cifar-10-batches-bin/', names = cifarNames): Buffer[] =>
  names.map((name) => entry({ name: folder + name, content: record }));
const end = Buffer.alloc(1024);
const tar = (...entries: readonly Buffer[]): Buffer => Buffer.concat([...entries, end]);
const pax = (key: string, value: string, type = 'x'): Buffer => {
  const line = ` ${key}=${value}\n`;
  let length = line.length;
  while (String(length).length + line.length !== length) length = String(length).length + line.length;
  return entry({ name: 'pax', type, content: Buffer.from(`${length}${line}`) });
};

const withArchive = (
  name: string,
  content: (place: Place) => Uint8Array,
  end?: HostileCase['end'],
): HostileCase => ({
  name,
  ...(end && { end }),
  make(place) {
    writeFileSync(join(place.root, 'cifar-10-binary.tar.gz'), content(place));
    return dataset('cifar10', place.root);
  },
});
const withEntries = (name: string, entries: (place: Place) => readonly Buffer[]): HostileCase =>
  withArchive(name, (place) => gzipSync(tar(...entries(place))));
const allBut = cifarNames.slice(1);

export const tarCases: readonly HostileCase[] = [
  withEntries('entries that climb out of their folder', () => files('../../')),
  withEntries('entries of absolute names', ({ outside }) => [
    entry({ name: join(outside, 'x'.repeat(3)), content: record }),
    ...files(`/`),
  ]),
  withEntries('an entry that climbs out in the middle of its name', () => [
    entry({ name: 'a/../../../etc/cron.d/x', content: record }),
    ...files(),
  ]),
  withEntries('a link in place of a file', ({ outside }) => [
    entry({ name: 'data_batch_1.bin', type: '2', link: join(outside, 'secret') }),
    ...files('', allBut),
  ]),
  withEntries('a hard link in place of a file', () => [
    entry({ name: 'data_batch_1.bin', type: '1', link: '../outside/secret' }),
    ...files('', allBut),
  ]),
  withEntries('a linked folder and files behind it', ({ outside }) => [
    entry({ name: 'out', type: '2', link: outside }),
    ...files('out/'),
  ]),
  withEntries('a PAX header that names another folder', () => [
    pax('path', '../../../outside/data_batch_1.bin'),
    ...files(),
  ]),
  withEntries('a PAX header for all that names another link', () => [
    pax('linkpath', '/etc/passwd', 'g'),
    entry({ name: 'l', type: '2' }),
    ...files(),
  ]),
  withEntries('the same name twice', () => [...files(), ...files()]),
  withEntries('one name in two folders', () => [...files('a/', ['data_batch_1.bin']), ...files('b/')]),
  withEntries('devices and FIFOs by the names of files', () =>
    cifarNames.map((name, i) => entry({ name, type: i % 2 ? '3' : '6' })),
  ),
  withEntries('a hundred thousand entries', () => [
    Buffer.concat(Array.from({ length: 100_000 }, () => entry({ name: 'e' }))),
    ...files(),
  ]),
  withEntries('names of NUL, line feeds, and right-to-left', () => [
    entry({ name: 'a\n\u202egpj.nib\u0000/../../x' }),
    ...files('\ud83d\ude00\u0000/', allBut),
  ]),
  withEntries('an entry that says 8 GB', () => [
    ...files('', allBut),
    entry({ name: 'data_batch_1.bin', size: '77777777777' }),
  ]),
  withEntries('a size below zero', () => [
    entry({ name: 'data_batch_1.bin', size: `\xff${'\xff'.repeat(10)}` }),
    ...files(),
  ]),
  withArchive('a file of a gigabyte of zeros', () =>
    gzipOfZeros(entry({ name: 'data_batch_1.bin', size: '10000000000' }), 1024),
  ),
  withArchive('a gigabyte of nothing', () => gzipOfZeros(Buffer.alloc(0), 1024)),
  withArchive('a PAX header of a gigabyte', () =>
    gzipOfZeros(entry({ name: 'pax', type: 'x', size: '10000000000' }), 1024),
  ),
  withArchive('a name of a gigabyte', () =>
    gzipOfZeros(entry({ name: 'long', type: 'L', size: '10000000000' }), 1024),
  ),
  withArchive('a gigabyte behind the end', () => gzipOfZeros(tar(...files()), 1024), 'harmless'),
  withArchive('cut in the middle', ({ random }) => {
    const bytes = gzipSync(tar(...files()));
    return bytes.subarray(0, 20 + Math.floor(random() * (bytes.length - 40)));
  }),
  {
    name: 'an unpacked file of a terabyte',
    make({ root }) {
      for (const name of cifarNames) writeFileSync(join(root, name), record);
      sparseFile(join(root, 'data_batch_3.bin'), record, 2 ** 40);
      return dataset('cifar10', root);
    },
  },
];
