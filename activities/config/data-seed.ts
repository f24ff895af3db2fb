/** Which seed the points of a 2-D density come from. Images are files, and come from none: what is held out
 *  of them follows from their names. */
import type { DatasetConfig } from './dataset-config.ts';

type ToyConfig = Extract<DatasetConfig, { kind: 'toy' }>;

/** A data set as it is drawn: what its step's key and its card say, whatever the run's own seed is. */
export interface DrawnPoints {
  readonly dataset: Omit<ToyConfig, 'seed'>;
  readonly seed: number;
}

/** The form of keys from before `dataset.seed`, so that points that were drawn then are found. */
export function drawnPoints({ seed: own, ...dataset }: ToyConfig, runSeed: number): DrawnPoints {
  return { dataset, seed: own ?? runSeed };
}

/** A configuration of an earlier version names no `dataset.seed`: its points are of the run's `seed`. null: a
 *  data set that is not drawn. */
export const dataSeedOf = ({
  dataset,
  seed,
}: {
  readonly dataset: DatasetConfig;
  readonly seed: number;
}): number | null => (dataset.kind === 'toy' ? drawnPoints(dataset, seed).seed : null);

/** The configuration with the seed of its data written out: two that ask for the same are equal then,
 *  whichever version resolved them. */
export function withDataSeed<C extends { readonly dataset: DatasetConfig; readonly seed: number }>(
  config: C,
): C {
  const seed = dataSeedOf(config);
  return seed === null ? config : { ...config, dataset: { ...config.dataset, seed } };
}
