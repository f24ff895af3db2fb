/** CIFAR-10's Python and MATLAB versions, as its page has them: pickles of Python 2, and MATLAB 5 files. */
import { PickledArray, readNumpyPickle } from '../formats/pytorch/numpy-pickle.ts';
import type { Batch, BatchForm } from './cifar10-batches.ts';
import { BadInputError } from '../ports/data-errors.ts';
import { readMat } from '../formats/mat/mat-file.ts';
import { matNumbers } from '../formats/mat/mat-numbers.ts';

const imageBytes = 3072;
const mostImages = 10_000;
const batches = [...[1, 2, 3, 4, 5].map((i) => `data_batch_${i}`), 'test_batch'];
const again = 'Copy the official file again.';

/** As torchvision leaves it. MD5 as torchvision pins them (torchvision/datasets/cifar.py). */
export const pythonForm: BatchForm = {
  version: 'Python version',
  names: batches,
  folder: 'cifar-10-batches-py',
  archive: 'cifar-10-python.tar.gz',
  md5: {
    data_batch_1: 'c99cafc152244af753f735de768cd75f',
    data_batch_2: 'd4bba439e000b95fd0a9bffe97cbabec',
    data_batch_3: '54ebc095f3ab1f0389bbae665268c751',
    data_batch_4: '634d18415352ddfa80567beed471001a',
    data_batch_5: '482c414d41f54cd18b22e5b47cb7c3cb',
    test_batch: '40351d587109b95175f43aff81a1287e',
  },
  parse(path, content) {
    const batch = readNumpyPickle(content, path);
    const [data, labels] =
      batch instanceof Map ? [batch.get('data') as unknown, batch.get('labels') as unknown] : [];
    if (batch instanceof Map && batch.has('fine_labels'))
      throw new BadInputError(
        `${path} should be a batch of CIFAR-10, and is one of CIFAR-100. Use CIFAR-10's files.`,
      );
    if (!(data instanceof PickledArray) || !Array.isArray(labels))
      throw new BadInputError(
        `${path} should hold data, an array, and labels, a list, and does not. ${again}`,
      );
    requireShape(path, data.shape, data.type === 'u1' ? 'uint8' : data.type);
    if (data.content.length !== data.shape[0]! * imageBytes)
      throw new BadInputError(
        `${path} should hold ${data.shape[0]! * imageBytes} bytes of data, and holds `
          + `${data.content.length}. ${again}`,
      );
    return {
      planes: data.fortran ? rowsFirst(data.content, data.shape[0]!) : data.content,
      labels: labels as number[],
    };
  },
};

/** Its archive has to be unpacked: MATLAB files are read from disk. No hashes of its files are published. */
export const matlabForm: BatchForm = {
  version: 'MATLAB version',
  names: batches.map((name) => `${name}.mat`),
  folder: 'cifar-10-batches-mat',
  archive: null,
  md5: {},
  async parse(path) {
    let [planes, labels]: [Uint8Array | null, Float64Array | null] = [null, null];
    for await (const variable of readMat(path)) {
      const { name, className, shape, numeric, complex } = variable;
      if (name === 'data') {
        requireShape(path, shape, `${complex ? 'complex ' : ''}${className}`);
        const { storage, pieces } = await variable.open();
        if (storage !== 'uint8')
          throw new BadInputError(
            `${path} should store data as uint8, and stores it as ${storage}. ${again}`,
          );
        const values: Uint8Array[] = [];
        for await (const piece of pieces) values.push(Uint8Array.from(piece));
        await variable.check();
        planes = rowsFirst(Buffer.concat(values), shape[0]!);
      } else if (name === 'labels' && numeric && !complex && shape.reduce((a, b) => a * b, 1) <= mostImages) {
        labels = await matNumbers(path, await variable.open());
        await variable.check();
      }
    }
    if (!planes || !labels)
      throw new BadInputError(
        `${path} should hold data and labels, and has no ${planes ? 'labels' : 'data'}. ${again}`,
      );
    return { planes, labels } satisfies Batch;
  },
};

function requireShape(path: string, shape: readonly number[], type: string): void {
  if (
    type === 'uint8'
    && shape.length === 2
    && shape[1] === imageBytes
    && shape[0]! >= 1
    && shape[0]! <= mostImages
  )
    return;
  throw new BadInputError(
    `${path} should hold data uint8 [1 to ${mostImages},${imageBytes}], and its data is ${type} `
      + `[${shape}]. ${again}`,
  );
}

/** [count, 3072] with the image's number fastest, as MATLAB and Fortran have it -> image after image. */
function rowsFirst(columns: Uint8Array, count: number): Uint8Array {
  const rows = new Uint8Array(columns.length);
  for (let byte = 0, at = 0; byte < imageBytes; byte++)
    for (let image = 0; image < count; image++) rows[image * imageBytes + byte] = columns[at++]!;
  return rows;
}
