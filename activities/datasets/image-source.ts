/** What every reader of images gives: two splits, read image by image, and the facts a data set's card
 *  tells. */
import type { DatasetNote } from '../contracts/dataset.ts';

/** Height, width, colours. */
export type ImageShape = readonly [number, number, number];

export interface ImageSplit {
  /** Images expected; fewer come where bad ones are skipped. */
  readonly count: number;
  /** Whole images [k, H, W, C] of bytes, k of any size, in their final order. */
  images(): AsyncIterable<Uint8Array>;
  /** One class from 0 an image, in the order of the images; null where the set has none. Asked for after the
   *  images are read. */
  labels(): Promise<Int32Array | null>;
}

export interface InputFile {
  /** As the card and the key name it: relative to the data folder, with forward slashes. */
  readonly name: string;
  readonly path: string;
}

/** A file whose content is known where the set is the official one. */
export interface PinnedFile extends InputFile {
  /** Its SHA-256, or what `digest` says, in hexadecimal. */
  readonly expected: string;
  /** As its publisher has it; where it is not SHA-256, `found` has it of the file. */
  readonly digest?: 'MD5';
  /** What a reader has found of its unpacked content; left out where the file itself is pinned. */
  readonly found?: string;
}

export interface ImageSource {
  readonly shape: ImageShape;
  readonly train: ImageSplit;
  readonly test: ImageSplit;
  /** Fewer images than the official set. */
  readonly partial: boolean;
  /** Whether both splits have labels. */
  readonly labelled: boolean;
  /** One line for records and reports. */
  readonly source: string;
  readonly inputs: readonly InputFile[];
  /** Those that hold as many images as the official ones. */
  readonly pinned: readonly PinnedFile[];
  readonly card: {
    readonly split: string;
    /** What was done to the images, one sentence a step. */
    readonly preprocessing: readonly string[];
    readonly licence: string;
  };
  /** What is known only after reading: images left out, and why. */
  remarks(): readonly string[];
  /** Likewise; of the remarks, those that people have to know beside the figures. */
  notes?(): readonly DatasetNote[];
  /** Of a source that keeps a file open. */
  close?(): void;
}
