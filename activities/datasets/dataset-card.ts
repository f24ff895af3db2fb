/** The card of a prepared data set: what it is made of and how, for people and programs; `dataset.json` of a
 *  run. */
import type { DatasetConfig } from '../config/dataset-config.ts';
import type { HashedInput } from './hash-inputs.ts';

export interface DatasetCard {
  readonly source: string;
  readonly licence: string;
  readonly shape: readonly number[];
  /** How values are stored: bytes of pixels, four to an int32, or float32 coordinates. */
  readonly values: 'uint8' | 'float32';
  readonly counts: { readonly train: number; readonly test: number };
  /** Fewer images than the official set. */
  readonly partial: boolean;
  /** Whether both splits carry `labels`. */
  readonly labels: boolean;
  readonly split: string;
  readonly preprocessing: readonly string[];
  readonly remarks: readonly string[];
  readonly config: DatasetConfig;
  /** The library that decoded image files; null where pixels were read as they are. */
  readonly decoder: string | null;
  readonly inputs: readonly HashedInput[];
}

/** One input a line, so that 60,000 of them stay readable. */
export function cardText({ inputs, ...facts }: DatasetCard): string {
  const head = JSON.stringify(facts, null, 2).slice(0, -2);
  const lines = inputs.map((input) => `    ${JSON.stringify(input)}`).join(',\n');
  return `${head},\n  "inputs": [${lines === '' ? '' : `\n${lines}\n  `}]\n}\n`;
}
