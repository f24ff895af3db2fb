/** Statistics given as `--reference`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflatedZeros, sparseFile } from './bombs.ts';
import type { HostileCase, Place } from './hostile-case.ts';
import { npyHeader, rawNpy } from './raw-npy.ts';
import { rawZip, type RawEntry } from './raw-zip.ts';

const header = (shape: string, type = '<f8'): string => npyHeader(shape, type);
const mu: RawEntry = { name: 'mu.npy', content: rawNpy(header('2,'), Buffer.alloc(16)) };
const sigma: RawEntry = { name: 'sigma.npy', content: rawNpy(header('2, 2'), Buffer.alloc(32)) };

const withFile = (
  name: string,
  content: (place: Place) => Uint8Array,
  end?: HostileCase['end'],
): HostileCase => ({
  name,
  ...(end && { end }),
  make(place) {
    const file = join(place.root, 'statistics.npz');
    writeFileSync(file, content(place));
    return { entry: 'reference', file };
  },
});
const withEntries = (
  name: string,
  entries: (place: Place) => readonly RawEntry[],
  end?: HostileCase['end'],
): HostileCase => withFile(name, (place) => rawZip(entries(place)), end);
const text = Buffer.from('x');

export const npzCases: readonly HostileCase[] = [
  withEntries('a gigabyte of mu', () => [
    { name: 'mu.npy', content: text, packed: deflatedZeros(1024), size: 2 ** 30 },
    sigma,
  ]),
  withEntries('a gigabyte of mu that says it is small', () => [
    { name: 'mu.npy', content: text, packed: deflatedZeros(1024), size: 100 },
    sigma,
  ]),
  withEntries('a quarter of a gigabyte that is no array', () => [
    { name: 'mu.npy', content: text, packed: deflatedZeros(256), size: 2 ** 28 },
  ]),
  withEntries('arrays of a quarter of a gigabyte each', () =>
    ['mu', 'sigma', 'features'].map((name) => ({
      name: `${name}.npy`,
      content: text,
      packed: deflatedZeros(192),
      size: 192 << 20,
    })),
  ),
  withEntries('a header of 4 GB', () => [
    { ...mu, content: rawNpy(header('2,'), Buffer.alloc(16), 0xffffffff) },
    sigma,
  ]),
  withEntries('a header of megabytes', () => [
    { ...mu, content: rawNpy(header(`2,${' '.repeat(32 << 20)}`), Buffer.alloc(16)) },
    sigma,
  ]),
  withEntries('a shape of 10^300', () => [
    { ...mu, content: rawNpy(header(`${'9'.repeat(300)},`), Buffer.alloc(16)) },
    sigma,
  ]),
  withEntries('objects, which numpy would unpickle', () => [
    { ...mu, content: rawNpy(header('1,', '|O'), Buffer.from("cos\nsystem\n(S'touch x'\ntR.")) },
    sigma,
  ]),
  withEntries('code in place of a header', () => [
    { ...mu, content: rawNpy('__import__("os").system("touch x")', Buffer.alloc(16)) },
    sigma,
  ]),
  withEntries('an entry that climbs out', () => [
    mu,
    sigma,
    { name: '../../outside/written.npy', content: text },
  ]),
  withEntries('an entry of an absolute name', ({ outside }) => [
    mu,
    sigma,
    { name: join(outside, 'written.npy'), content: text },
  ]),
  withEntries('names that objects have of their own', () =>
    ['__proto__', 'constructor', 'toString'].map((name) => ({ ...mu, name: `${name}.npy` })),
  ),
  withEntries('mu twice', () => [mu, mu, sigma]),
  withFile('an archive of a hundred thousand and more files', () => rawZip([mu, sigma], { count: 0xfffe })),
  withFile('cut in the middle', ({ random }) => {
    const bytes = rawZip([mu, sigma]);
    return bytes.subarray(0, Math.floor(bytes.length * (0.1 + 0.8 * random())));
  }),
  {
    name: 'a file of 16 GB',
    make({ root }) {
      const file = join(root, 'statistics.npz');
      sparseFile(file, rawZip([mu, sigma]), 16 * 2 ** 30);
      return { entry: 'reference', file };
    },
  },
];
