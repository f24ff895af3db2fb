/** An input that is someone's attack, and the entry it is given to. */
import type { DatasetConfig } from '../../../../activities/config/dataset-config.ts';
import type { ImageDatasetConfig } from '../../../../activities/config/dataset-config.ts';
import { datasetSchema } from '../../../../activities/config/dataset-config.ts';

export interface Place {
  /** All the input is in it. */
  readonly root: string;
  /** Beside it: nobody has any business there. */
  readonly outside: string;
  readonly random: () => number;
}

export type Given =
  | { readonly entry: 'dataset'; readonly dataDir: string; readonly config: ImageDatasetConfig }
  | { readonly entry: 'features' | 'reference' | 'checkpoint' | 'safetensors'; readonly file: string }
  | { readonly entry: 'command line'; readonly args: readonly string[] };

export interface HostileCase {
  readonly name: string;
  /** What it should end in; `harmless`: it may be taken as well, as long as nothing outside is touched. */
  readonly end?: 'refused' | 'harmless';
  readonly make: (place: Place) => Given | Promise<Given>;
}

/** A data set's configuration with parts allowed: the attack is refused for itself, not for being small. */
export function dataset(kind: ImageDatasetConfig['kind'], dataDir: string, settings: object = {}): Given {
  const partial = kind === 'folder' || kind === 'npz' ? {} : { allowPartial: true };
  return {
    entry: 'dataset',
    dataDir,
    config: datasetSchema.parse({ kind, ...partial, ...settings }) as Exclude<DatasetConfig, { kind: 'toy' }>,
  };
}
