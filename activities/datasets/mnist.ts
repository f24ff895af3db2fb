/** MNIST (LeCun, Cortes, Burges) and the sets in its form: grey images of 28 x 28 in IDX files, gzipped or
 *  not. They are padded to 32 x 32, two pixels on each side, for a flow of three levels halves the side three
 *  times and 28 is not divisible by 8. */
import { relative, sep } from 'node:path';
import { BadInputError, MissingDataError } from '../ports/data-errors.ts';
import { openIdx } from './idx-file.ts';
import type { ImageSource, ImageSplit } from './image-source.ts';
import { checkHalf, hasIdx, mnistSide as given, type MnistFiles } from './mnist-files.ts';
import { mnistForms, type MnistForm, type MnistVariant } from './mnist-variants.ts';
import { openParquet } from './parquet-images.ts';
import { wholeRecords } from './whole-records.ts';

export const mnistShape = [32, 32, 1] as const;
const margin = (mnistShape[0] - given) / 2;

export interface MnistOptions {
  readonly padValue: number;
  /** Accept fewer images than the official ones. */
  readonly allowPartial: boolean;
  /** Left out: MNIST itself. */
  readonly variant?: MnistVariant | undefined;
}

/** Reads the files through once: whole, and as many labels as images. Throws MissingDataError or
 *  BadInputError. */
export async function openMnist(
  dataDir: string,
  { padValue, allowPartial, variant = 'mnist' }: MnistOptions,
): Promise<ImageSource> {
  const form = mnistForms[variant];
  const { title, counts, transposed, firstLabel, classes } = form;
  const parquet =
    form.parquet && !(await hasIdx(dataDir, variant))
      ? await openParquet(dataDir, {
          title: `${title}, padded to 32 x 32`,
          folders: ['', form.parquet, 'data'],
          counts,
          side: given,
          colours: 1,
          classes,
          allowPartial,
          shape: mnistShape,
          licence: form.licence,
          finish: (images) => pad(images, padValue),
          finished: [padding(padValue)],
        })
      : null;
  if (parquet) return parquet;
  const [train, test] = [
    await checkHalf(dataDir, variant, 'train'),
    await checkHalf(dataDir, variant, 'test'),
  ];
  const partial = train.count < counts.train || test.count < counts.test;
  if (partial && !allowPartial) {
    throw new MissingDataError(
      `${dataDir} should hold ${counts.train} + ${counts.test} images, and holds ${train.count} + `
        + `${test.count}: this is not the whole ${title}. Use the official files, or accept a part of it `
        + 'with --set dataset.allowPartial=true.',
    );
  }
  return {
    shape: mnistShape,
    train: split(train, padValue, form),
    test: split(test, padValue, form),
    partial,
    labelled: true,
    source:
      `${title}, padded to 32 x `
      + `32${partial ? `, a part of it (${train.count} of ${counts.train} training and ${test.count} of ` + `${counts.test} test images)` : ''}`,
    inputs: [train, test]
      .flatMap(({ images, labels }) => [images, labels])
      .map((path) => ({ name: relative(dataDir, path).split(sep).join('/'), path })),
    pinned: [...train.pinned, ...test.pinned],
    card: {
      split: `official: ${form.starts.train} and ${form.starts.test}`,
      preprocessing: [
        padding(padValue),
        ...(transposed ? ['Rows and columns, which have changed places in the files, are put back.'] : []),
        ...(firstLabel > 0
          ? [`Labels are from 0 to ${classes - 1}; in the files they begin at ${firstLabel}.`]
          : []),
      ],
      licence: form.licence,
    },
    remarks: () =>
      variant === 'mnist'
        ? []
        : ['Its files are not held against published hashes: none are known of their unpacked content.'],
  };
}

const padding = (padValue: number): string =>
  `28 x 28 grey images, 8 bits, padded to 32 x 32: two pixels of value ${padValue} on every side.`;

const split = ({ images, labels, count }: MnistFiles, padValue: number, form: MnistForm): ImageSplit => ({
  count,
  images: () => paddedImages(images, padValue, form.transposed),
  labels: () => readLabels(labels, count, form),
});

async function* paddedImages(
  path: string,
  padValue: number,
  transposed: boolean,
): AsyncGenerator<Uint8Array> {
  const { values } = await openIdx(path, 3);
  for await (const images of wholeRecords(values, given * given))
    yield pad(transposed ? upright(images) : images, padValue);
}

function pad(images: Uint8Array, padValue: number): Uint8Array {
  const [side] = mnistShape;
  const count = images.length / given ** 2;
  const padded = new Uint8Array(count * side ** 2).fill(padValue);
  for (let row = 0; row < count * given; row++) {
    const image = Math.floor(row / given);
    padded.set(
      images.subarray(row * given, (row + 1) * given),
      (image * side + margin + (row % given)) * side + margin,
    );
  }
  return padded;
}

/** Rows and columns change places. */
function upright(images: Uint8Array): Uint8Array {
  const turned = new Uint8Array(images.length);
  for (let i = 0; i < images.length; i++) {
    const [within, row, column] = [i % given ** 2, Math.floor(i / given) % given, i % given];
    turned[i - within + column * given + row] = images[i]!;
  }
  return turned;
}

async function readLabels(
  path: string,
  count: number,
  { firstLabel, classes }: MnistForm,
): Promise<Int32Array> {
  const labels = new Int32Array(count);
  let at = 0;
  for await (const piece of (await openIdx(path, 1)).values) {
    labels.set(piece, at);
    at += piece.length;
  }
  const last = firstLabel + classes - 1;
  const wrong = labels.findIndex((label) => label < firstLabel || label > last);
  if (wrong >= 0)
    throw new BadInputError(
      `${path}, label ${wrong}: a label is ${firstLabel} to ${last}, got ${labels[wrong]}. Use the `
        + 'official file.',
    );
  return labels.map((label) => label - firstLabel);
}
