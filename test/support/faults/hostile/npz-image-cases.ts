/** Archives of images, given as a data set `npz`. */
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflatedZeros, sparseFile } from './bombs.ts';
import { dataset, type HostileCase, type Place } from './hostile-case.ts';
import { npyHeader, rawNpy } from './raw-npy.ts';
import { rawZip, type RawEntry } from './raw-zip.ts';

const [count, side] = [40, 8];
const imageBytes = 3 * side * side;
const shape = `${count}, ${side}, ${side}, 3`;
const pixels = (images = count): Buffer => Buffer.alloc(images * imageBytes, 7);
const whole = (content: Uint8Array = rawNpy(npyHeader(shape, '|u1'), pixels())): RawEntry => ({
  name: 'arr_0.npy',
  content,
});
const given = (root: string) => dataset('npz', root, { size: side });

const withFile = (name: string, content: (place: Place) => Uint8Array): HostileCase => ({
  name,
  make(place) {
    writeFileSync(join(place.root, 'images.npz'), content(place));
    return given(place.root);
  },
});
const withArray = (name: string, content: () => Uint8Array): HostileCase =>
  withFile(name, () => rawZip([whole(content())]));
const packed = (megabytes: number, header: string, said: Partial<RawEntry> = {}): RawEntry => ({
  ...whole(),
  packed: deflatedZeros(megabytes, rawNpy(header)),
  size: rawNpy(header).length + megabytes * 2 ** 20,
  ...said,
});

export const npzImageCases: readonly HostileCase[] = [
  withFile('a gigabyte behind the images', () => rawZip([packed(1024, npyHeader(shape, '|u1'))])),
  withFile('a gigabyte that says it is small', () =>
    rawZip([
      packed(1024, npyHeader(shape, '|u1'), { size: rawNpy(npyHeader(shape, '|u1'), pixels()).length }),
    ]),
  ),
  withFile('a gigabyte of header', () =>
    rawZip([
      { ...whole(), packed: deflatedZeros(1024, rawNpy('{', Buffer.alloc(0), 2 ** 30)), size: 2 ** 30 },
    ]),
  ),
  withArray('a header of 4 GB', () => rawNpy(npyHeader(shape, '|u1'), pixels(), 0xffffffff)),
  withArray('a hundred billion images', () =>
    rawNpy(npyHeader(`100000000000, ${side}, ${side}, 3`, '|u1'), pixels()),
  ),
  withArray('10^300 images', () =>
    rawNpy(npyHeader(`${'9'.repeat(300)}, ${side}, ${side}, 3`, '|u1'), pixels()),
  ),
  withArray('ten million images, of which there are forty', () =>
    rawNpy(npyHeader(`10000000, ${side}, ${side}, 3`, '|u1'), pixels()),
  ),
  withArray('one image more than it says', () => rawNpy(npyHeader(shape, '|u1'), pixels(count + 1))),
  withArray('dimensions by the ten thousand', () =>
    rawNpy(npyHeader('1, '.repeat(10_000), '|u1'), Buffer.alloc(1)),
  ),
  withArray('objects, which numpy would unpickle', () =>
    rawNpy(npyHeader(shape, '|O'), Buffer.from("cos\nsystem\n(S'touch x'\ntR.")),
  ),
  withArray('structures', () =>
    rawNpy(`{'descr': [('a', '|u1'), ('b', '|O')], 'fortran_order': False, 'shape': (${shape}), }`, pixels()),
  ),
  withArray('columns first', () => rawNpy(npyHeader(shape, '|u1', 'True'), pixels())),
  withArray('code in place of a header', () => rawNpy('__import__("os").system("touch x")', pixels())),
  withArray('no array', () => pixels()),
  withFile('a wrong checksum', () => rawZip([{ ...whole(), crc: 1 }])),
  withFile('images twice', () => rawZip([whole(), whole()])),
  withFile('an unknown method of packing', () => rawZip([{ ...whole(), method: 93 }])),
  withFile('more files than are counted', () =>
    rawZip(
      Array.from({ length: 2000 }, (_, i) => ({ ...whole(), name: `arr_${i}.npy` })),
      { count: 1 },
    ),
  ),
  withFile('names that objects have of their own', () =>
    rawZip(['__proto__', 'constructor'].map((name) => ({ ...whole(), name: `${name}.npy` }))),
  ),
  withFile('cut in the middle', ({ random }) => {
    const bytes = rawZip([whole()]);
    return bytes.subarray(0, Math.floor(bytes.length * (0.1 + 0.8 * random())));
  }),
  {
    name: 'an entry that climbs out beside the images',
    end: 'harmless',
    make({ root, outside }) {
      writeFileSync(
        join(root, 'images.npz'),
        rawZip([
          whole(),
          { name: '../../outside/written.npy', content: Buffer.from('x') },
          { name: join(outside, 'written.npy'), content: Buffer.from('x') },
        ]),
      );
      return given(root);
    },
  },
  {
    name: 'a link that leads out',
    make({ root, outside }) {
      writeFileSync(join(outside, 'images.npz'), rawZip([whole()]));
      symlinkSync(join(outside, 'images.npz'), join(root, 'images.npz'));
      return given(root);
    },
  },
  {
    name: 'a file named outside the folder',
    make({ root, outside }) {
      writeFileSync(join(outside, 'images.npz'), rawZip([whole()]));
      return dataset('npz', root, { size: side, file: '../outside/images.npz' });
    },
  },
  {
    name: 'a file of 16 GB',
    make({ root }) {
      sparseFile(join(root, 'images.npz'), rawZip([whole()]), 16 * 2 ** 30);
      return given(root);
    },
  },
];
