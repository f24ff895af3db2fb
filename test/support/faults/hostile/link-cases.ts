/** Links in a data folder that lead out of it. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { writeMnist } from './gzip-cases.ts';
import { dataset, type Given, type HostileCase, type Place } from './hostile-case.ts';
import { halfHeldOut, writeImages } from './image-cases.ts';
import { wholeMat } from './mat-cases.ts';
import { cifarNames, record } from './tar-cases.ts';
import { partition, portrait } from './zip-cases.ts';

const linked = (
  name: string,
  make: (place: Place) => Given | Promise<Given>,
  end?: HostileCase['end'],
): HostileCase => ({ name, ...(end && { end }), make });

/** Moves a file outside and leaves a link to it. */
function moveOut(
  { root, outside }: Place,
  name: string,
  target = join(outside, name.split('/').at(-1)!),
): void {
  renameSync(join(root, name), join(outside, name.split('/').at(-1)!));
  symlinkSync(target, join(root, name));
}
const writeCifar = (folder: string): void =>
  cifarNames.forEach((name) => writeFileSync(join(folder, name), record));
async function writeCeleba(folder: string): Promise<void> {
  writeFileSync(join(folder, 'list_eval_partition.txt'), partition);
  mkdirSync(join(folder, 'img_align_celeba'));
  for (const name of ['000001.jpg', '000002.jpg'])
    writeFileSync(join(folder, 'img_align_celeba', name), await portrait());
}
const ofImages = async (place: Place, link: (place: Place) => void): Promise<Given> => {
  await writeImages(place.root);
  link(place);
  return dataset('folder', place.root, halfHeldOut);
};

export const linkCases: readonly HostileCase[] = [
  linked('an image', (place) => ofImages(place, () => moveOut(place, 'good-1.png'))),
  linked('an image, by a relative link', (place) =>
    ofImages(place, () => moveOut(place, 'good-1.png', '../outside/good-1.png')),
  ),
  linked('an image, by a link to a link', (place) =>
    ofImages(place, ({ root }) => {
      moveOut(place, 'good-1.png');
      symlinkSync('good-1.png', join(root, 'good-x.png'));
    }),
  ),
  linked('a password file by the name of an image', (place) =>
    ofImages(place, ({ root }) => symlinkSync('/etc/passwd', join(root, 'x.png'))),
  ),
  linked('a folder of images', (place) =>
    ofImages(place, ({ root, outside }) => symlinkSync(outside, join(root, 'more'))),
  ),
  linked(
    'links in a circle',
    (place) =>
      ofImages(place, ({ root }) => {
        symlinkSync('b.png', join(root, 'a.png'));
        symlinkSync('a.png', join(root, 'b.png'));
        symlinkSync('.', join(root, 'round'));
      }),
    'harmless',
  ),
  linked(
    'a FIFO by the name of an image',
    (place) => ofImages(place, ({ root }) => execFileSync('mkfifo', [join(root, 'x.png')])),
    'harmless',
  ),
  linked('a file of CIFAR-10', (place) => {
    writeCifar(place.root);
    moveOut(place, 'test_batch.bin');
    return dataset('cifar10', place.root);
  }),
  linked('the folder of CIFAR-10', (place) => {
    writeCifar(place.outside);
    symlinkSync(place.outside, join(place.root, 'cifar-10-batches-bin'));
    return dataset('cifar10', place.root);
  }),
  linked('the archive of CIFAR-10', (place) => {
    writeFileSync(join(place.root, 'cifar-10-binary.tar.gz'), gzipSync('x'));
    moveOut(place, 'cifar-10-binary.tar.gz');
    return dataset('cifar10', place.root);
  }),
  linked('a file of MNIST', (place) => {
    writeMnist(place.root);
    moveOut(place, 't10k-labels-idx1-ubyte.gz');
    return dataset('mnist', place.root);
  }),
  linked('a device by the name of a file of MNIST', ({ root }) => {
    writeMnist(root);
    symlinkSync('/dev/zero', join(root, 'train-images-idx3-ubyte'));
    renameSync(join(root, 'train-images-idx3-ubyte.gz'), join(root, 'x'));
    return dataset('mnist', root);
  }),
  linked('a FIFO by the name of a file of MNIST', ({ root }) => {
    writeMnist(root);
    renameSync(join(root, 't10k-images-idx3-ubyte.gz'), join(root, 'x'));
    execFileSync('mkfifo', [join(root, 't10k-images-idx3-ubyte.gz')]);
    return dataset('mnist', root);
  }),
  linked('a file of SVHN', (place) => {
    for (const name of ['train', 'test']) writeFileSync(join(place.root, `${name}_32x32.mat`), wholeMat);
    moveOut(place, 'train_32x32.mat');
    return dataset('svhn', place.root);
  }),
  linked('an image of CelebA', async (place) => {
    await writeCeleba(place.root);
    moveOut(place, 'img_align_celeba/000001.jpg');
    return dataset('celeba', place.root);
  }),
  linked('the folder of CelebA', async (place) => {
    await writeCeleba(place.outside);
    cpSync(join(place.outside, 'list_eval_partition.txt'), join(place.root, 'list_eval_partition.txt'));
    symlinkSync(join(place.outside, 'img_align_celeba'), join(place.root, 'img_align_celeba'));
    return dataset('celeba', place.root);
  }),
  linked('the split of CelebA', async (place) => {
    await writeCeleba(place.root);
    moveOut(place, 'list_eval_partition.txt');
    return dataset('celeba', place.root);
  }),
];
