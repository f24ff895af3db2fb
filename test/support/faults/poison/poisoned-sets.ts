/** The data sets that are poisoned, and the damage that comes to any file: cut, changed by a bit, gone. */
import * as clean from './clean-sets.ts';
import { pick, withBytes, type Change, type Poison, type PoisonedSet } from './poison.ts';

const set = (
  kind: string,
  make: PoisonedSet['clean'],
  settings: object = { allowPartial: true },
): PoisonedSet => ({
  experiment: kind === 'folder' ? 'cifar10-quick' : `${kind}-quick`,
  dataset: { kind, ...settings },
  clean: make,
});

export const cifar = set('cifar10', clean.cifarFolder);
export const cifarPacked = set('cifar10', clean.cifarArchive);
export const mnist = set('mnist', () => clean.packed(clean.mnistRaw()));
export const mnistRaw = set('mnist', clean.mnistRaw);
export const svhn = set('svhn', () => clean.svhn(true));
export const svhnRaw = set('svhn', () => clean.svhn(false));
export const celeba = set('celeba', clean.celebaFolder);
export const celebaZip = set('celeba', clean.celebaZip);
export const folder = set('folder', clean.pngFolder, { size: 16, heldOut: 0.5 });

const noChecksum = 'the format has no checksum, and a part of a set has no official one';
const jpeg = 'changed bytes of a JPEG are pixels like others';
const aPart = 'a part of the set is asked for';
const anyImages = 'a folder of images is what lies in it';

/** Why a changed bit, a cut and a missing file may pass. */
const sets: Readonly<
  Record<
    string,
    { readonly set: PoisonedSet; readonly flip?: string; readonly cut?: string; readonly gone?: string }
  >
> = {
  'CIFAR-10, unpacked': { set: cifar, flip: noChecksum, cut: aPart },
  'CIFAR-10, its archive': { set: cifarPacked },
  'MNIST, gzipped': { set: mnist },
  'MNIST, unpacked': { set: mnistRaw, flip: noChecksum },
  SVHN: { set: svhn, gone: aPart },
  'SVHN, not compressed': { set: svhnRaw, flip: noChecksum, gone: aPart },
  'CelebA, a folder': { set: celeba, flip: `${jpeg}; ${noChecksum}`, cut: aPart, gone: aPart },
  'CelebA, its zip': {
    set: celebaZip,
    flip: `${aPart}: a name that is another is an image less`,
    cut: aPart,
  },
  'a folder of PNGs': { set: folder, gone: anyImages },
};

type Damage = (content: Uint8Array, random: () => number) => Uint8Array | null;
const cut: Damage = (content, random) => content.subarray(0, Math.floor(random() * content.length));
const flip: Damage = (content, random) => {
  const at = Math.floor(random() * content.length);
  return withBytes(content, at, content[at]! ^ (1 << Math.floor(random() * 8)));
};
const toOne =
  (damage: Damage) =>
  (files: clean.Files, random: () => number): Change => {
    const name = pick(Object.keys(files), random);
    return { [name]: damage(files[name]!, random) };
  };

/** Cut and flipped more than once for every file that is gone. */
export const damages: readonly Poison[] = Object.entries(sets).flatMap(
  ([name, { set: poisoned, ...unseen }]) => [
    ...[1, 2, 3].map(() => ({
      name: `${name}: a bit is another`,
      set: poisoned,
      change: toOne(flip),
      ...(unseen.flip && { unseen: unseen.flip }),
    })),
    ...[1, 2].map(() => ({
      name: `${name}: a file is cut`,
      set: poisoned,
      change: toOne(cut),
      ...(unseen.cut && { unseen: unseen.cut }),
    })),
    {
      name: `${name}: a file is gone`,
      set: poisoned,
      change: toOne(() => null),
      names: ['list_eval_partition.txt'],
      ...(unseen.gone && { unseen: unseen.gone }),
    },
  ],
);
