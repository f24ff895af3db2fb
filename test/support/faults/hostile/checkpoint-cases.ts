/** Weights given as `--features FILE.pth`: the archive around the pickle, and a pickle's memory. What pickles
 *  would execute has a row of its own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { oldForm, op, pickle, tuple, zipForm } from '../pickles.ts';
import { deflatedZeros, sparseFile } from './bombs.ts';
import type { HostileCase, Place } from './hostile-case.ts';
import { rawZip } from './raw-zip.ts';

const withFile = (name: string, content: (place: Place) => Uint8Array): HostileCase => ({
  name,
  make(place) {
    const file = join(place.root, 'weights.pth');
    writeFileSync(file, content(place));
    return { entry: 'features', file };
  },
});

const storage = (count: Buffer, key = '0'): Buffer =>
  Buffer.concat([
    tuple(op.text('storage'), op.global('torch', 'FloatStorage'), op.text(key), op.text('cpu'), count),
    op.persistent,
  ]);
const tensor = (stored: Buffer, shape: Buffer, strides: Buffer): Buffer =>
  Buffer.concat([
    op.global('torch._utils', '_rebuild_tensor_v2'),
    tuple(stored, op.int(0), shape, strides, op.no, op.dict),
    op.reduce,
  ]);
const weights = (value: Buffer): Buffer => pickle(op.dict, op.text('w'), value, op.setItem);
const small = weights(tensor(storage(op.int(2)), tuple(op.int(2)), tuple(op.int(1))));
const long = op.raw(0x8a, 8, 0, 0, 0, 0, 0, 0, 16, 0); // 2^52
const data = 'w/data.pkl';

export const checkpointCases: readonly HostileCase[] = [
  withFile('a pickle of a gigabyte', () =>
    rawZip([{ name: data, content: Buffer.of(0), packed: deflatedZeros(1024), size: 2 ** 30 }]),
  ),
  withFile('a pickle of a gigabyte that says it is small', () =>
    rawZip([{ name: data, content: Buffer.of(0), packed: deflatedZeros(1024), size: 50 }]),
  ),
  withFile('a storage of a gigabyte', () =>
    rawZip([
      { name: data, content: small },
      { name: 'w/data/0', content: Buffer.of(0), packed: deflatedZeros(1024), size: 2 ** 30 },
    ]),
  ),
  withFile('a storage that lies outside', ({ outside }) =>
    zipForm(
      weights(
        tensor(storage(op.int(2), `../../${join(outside, 'secret')}`), tuple(op.int(2)), tuple(op.int(1))),
      ),
    ),
  ),
  withFile('an entry that climbs out', () =>
    rawZip([
      { name: data, content: small },
      { name: '../../outside/written', content: Buffer.of(0) },
    ]),
  ),
  withFile('a storage of 2^52 values', () =>
    zipForm(weights(tensor(storage(long), tuple(long), tuple(op.int(1)))), { 0: Buffer.alloc(8) }),
  ),
  withFile('a tensor of 2^52 values in a storage of two', () =>
    zipForm(weights(tensor(storage(op.int(2)), tuple(long), tuple(op.int(0)))), { 0: Buffer.alloc(8) }),
  ),
  withFile('dictionaries by the ten million', () =>
    oldForm(pickle(op.list, Buffer.alloc(20_000_000, Buffer.concat([op.dict, op.append])))),
  ),
  withFile('lists by the ten million', () =>
    zipForm(pickle(op.list, Buffer.alloc(20_000_000, Buffer.concat([op.list, op.append])))),
  ),
  withFile('texts of 100 MB, none of which is ever ASCII', () =>
    oldForm(
      pickle(...Array.from({ length: 1700 }, () => Buffer.concat([op.text(`\u0101${'a'.repeat(60_000)}`)]))),
    ),
  ),
  withFile('a name of 100 MB', () => oldForm(pickle(Buffer.from(`c${'a'.repeat(100_000_000)}\n\n`)))),
  withFile('zeros of 120 MB', () => Buffer.alloc(120_000_000)),
  {
    name: 'a file of 16 GB',
    make({ root }) {
      const file = join(root, 'weights.pth');
      sparseFile(file, oldForm(small), 16 * 2 ** 30);
      return { entry: 'features', file };
    },
  },
];
