/** The data set of a run as artifacts; keyed by the contents of the files it is made from, wherever they
 *  lie. */
import { decoderVersion } from './datasets/decode-image.ts';
import { BadInputError } from './ports/data-errors.ts';
import { hashInputs } from './datasets/hash-inputs.ts';
import type { ImageSource } from './datasets/image-source.ts';
import type { ImageDatasetConfig } from './config/dataset-config.ts';
import { unofficial } from './datasets/official-hashes.ts';
import { openImages, prepareImages, prepareToy, type PreparedFiles } from './datasets/prepare.ts';
import type { Salted } from './contracts/artifact.ts';
import type { PreparedDataset, PrepareRequest } from './contracts/dataset.ts';
import { canonicalHash } from './formats/canonical-hash.ts';
import { drawnPoints } from './config/data-seed.ts';
import { cachedStep, type Step } from './step/cached-step.ts';
import type { Ports } from './ports/ports.ts';
import { inScratch } from './disk/scratch.ts';
import type { ActivityScope } from './step/heartbeat.ts';

/** `seed`: the run's, of which points are where the data set names none of its own. Throws MissingDataError,
 *  BadInputError. */
export async function prepareDataset(
  ports: Ports,
  { salt, dataset, dataDir, seed }: Salted<PrepareRequest>,
  scope: ActivityScope,
): Promise<PreparedDataset> {
  const step = { activity: 'prepare-dataset', threads: 1, salt } as const;
  if (dataset.kind === 'toy') {
    const spec = drawnPoints(dataset, seed);
    return cachedStep(ports, { ...step, spec }, scope, () =>
      kept(ports, (scratch) => prepareToy(spec.dataset, spec.seed, scratch, scope)),
    );
  }
  const source = await openImages(dataset, dataDir, scope.signal, scope.onProgress);
  try {
    return await prepared(ports, step, dataset, source, scope);
  } finally {
    source.close?.();
  }
}

async function prepared(
  ports: Ports,
  step: Omit<Step, 'spec'>,
  dataset: ImageDatasetConfig,
  opened: ImageSource,
  scope: ActivityScope,
): Promise<PreparedDataset> {
  const inputs = await hashInputs(opened.inputs, scope);
  const source = named(dataset, opened, unofficial(opened.pinned, inputs));
  // Names count: they decide the order, and what a folder holds out. The source's own is in what the record
  // and the card say.
  const spec = { dataset, source: source.source, inputs: canonicalHash(inputs), decoder: decoderVersion };
  return cachedStep(ports, { ...step, spec }, scope, () =>
    kept(ports, (scratch) => prepareImages(dataset, source, inputs, scratch, scope)),
  );
}

/** A set that passes for the official one is that one, or is called otherwise where other content was asked
 *  for. */
function named(dataset: ImageDatasetConfig, source: ImageSource, faults: readonly string[]): ImageSource {
  if (faults.length === 0) return source;
  const { allowPartial } = dataset as { readonly allowPartial?: boolean };
  if (!allowPartial)
    throw new BadInputError(
      `${faults[0]} Download it again, or take it as it is with --set dataset.allowPartial=true.`,
    );
  return {
    ...source,
    source: `${source.source}, not from the official files`,
    remarks: () => [...source.remarks(), ...faults],
  };
}

async function kept(
  { store, scratch: root }: Ports,
  prepare: (scratch: string) => Promise<PreparedFiles>,
): Promise<
  Omit<PreparedFiles, 'train' | 'test' | 'card' | 'picture'>
    & Pick<PreparedDataset, 'train' | 'test' | 'card' | 'picture'>
> {
  return inScratch(root, 'prepare-dataset', async (scratch) => {
    const { train, test, card, picture, ...facts } = await prepare(scratch);
    return {
      ...facts,
      train: await store.put({ file: train }),
      test: await store.put({ file: test }),
      card: await store.put({ file: card }),
      picture: picture === null ? null : await store.put({ file: picture }),
    };
  });
}
