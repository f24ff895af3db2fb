/** MNIST and the sets in its form: IDX files of grey images of 28 x 28. Counts are those of the published
 *  files; for EMNIST those of its letters differ from the paper's (Cohen et al. 2017, 88,800 + 14,800). */

export const mnistVariants = [
  'mnist',
  'fashion',
  'kmnist',
  'emnist-balanced',
  'emnist-byclass',
  'emnist-bymerge',
  'emnist-digits',
  'emnist-letters',
  'emnist-mnist',
] as const;
export type MnistVariant = (typeof mnistVariants)[number];
export type Half = 'train' | 'test';

export interface MnistForm {
  readonly title: string;
  readonly counts: Readonly<Record<Half, number>>;
  readonly classes: number;
  /** Labels of the files begin here. */
  readonly firstLabel: number;
  /** Rows and columns have changed places in the files. */
  readonly transposed: boolean;
  /** Where the files lie, within the data folder: torchvision's folders among them. */
  readonly folders: readonly string[];
  /** Begins the names of a half's files. */
  readonly starts: Readonly<Record<Half, string>>;
  readonly licence: string;
  /** Hugging Face's folder of its parquet files; null where none is read. */
  readonly parquet: string | null;
}

const like = (title: string, folder: string, licence: string, parquet: string | null): MnistForm => ({
  title,
  counts: { train: 60_000, test: 10_000 },
  classes: 10,
  firstLabel: 0,
  transposed: false,
  folders: ['', `${folder}/raw`, 'raw'],
  starts: { train: 'train', test: 't10k' },
  licence,
  parquet,
});
const emnist = (split: string, train: number, test: number, classes: number, firstLabel = 0): MnistForm => ({
  title: `EMNIST, ${split}`,
  counts: { train, test },
  classes,
  firstLabel,
  transposed: true,
  // the last two as the official archive, gzip.zip, unpacks
  folders: ['', 'EMNIST/raw', 'raw', 'gzip', 'EMNIST/raw/gzip'],
  starts: { train: `emnist-${split}-train`, test: `emnist-${split}-test` },
  licence: 'None stated by its authors.',
  parquet: null,
});

export const mnistForms: Readonly<Record<MnistVariant, MnistForm>> = {
  mnist: like('MNIST', 'MNIST', 'Usually given as CC BY-SA 3.0.', 'mnist'),
  fashion: like('Fashion-MNIST', 'FashionMNIST', 'MIT.', 'fashion_mnist'),
  kmnist: like('KMNIST', 'KMNIST', 'CC BY-SA 4.0.', null),
  'emnist-balanced': emnist('balanced', 112_800, 18_800, 47),
  'emnist-byclass': emnist('byclass', 697_932, 116_323, 62),
  'emnist-bymerge': emnist('bymerge', 697_932, 116_323, 47),
  'emnist-digits': emnist('digits', 240_000, 40_000, 10),
  'emnist-letters': emnist('letters', 124_800, 20_800, 26, 1),
  'emnist-mnist': emnist('mnist', 60_000, 10_000, 10),
};
