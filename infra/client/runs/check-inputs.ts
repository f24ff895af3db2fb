/** The files a run is given, or gets with --download, checked before anything starts. */
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { ExperimentConfig } from '../../../activities/config/experiment-config.ts';
import type { GivenFlow } from '../../../activities/contracts/artifact.ts';
import { MissingDataError } from '../../../activities/ports/data-errors.ts';
import type { ImageDatasetConfig } from '../../../activities/config/dataset-config.ts';
import { officialForms, openImages } from '../../../activities/datasets/open-images.ts';
import { fidWeights } from '../../compute/evaluate/fid-weights.ts';
import { checkOnnxFile } from '../../compute/evaluate/onnx-file.ts';
import { cached } from '../../setup/cache.mjs';
import { CounterflowError } from '../../base/user-error.ts';
import { canDownload, downloadDataset } from './download-dataset.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { folderHint } from './folder-hint.ts';
import { fidWeightsFile } from './fid-weights-file.ts';
import { initialFlowFile } from './initial-flow-file.ts';

export interface Inputs {
  /** Absolute paths; null where not given. */
  readonly dataDir: string | null;
  readonly features: string | null;
  readonly reference: string | null;
  /** Left out where none was given. */
  readonly initialFlow?: GivenFlow;
}

interface Given {
  readonly dataDir?: string;
  readonly features?: string;
  readonly fid?: true;
  readonly reference?: string;
  readonly initialFlow?: string;
  /** Get what is missing into `dataDir`, or into the cache. */
  readonly download?: true;
}

export async function checkInputs(config: ExperimentConfig, given: Given): Promise<Inputs> {
  const { dataset } = config;
  const reference =
    given.reference === undefined ? null : await existing('--reference', given.reference, 'file');
  const file = await featuresOf(given);
  const hasNetwork = given.fid === true || file !== null;
  if (reference !== null && !hasNetwork)
    throw new CounterflowError(
      exitCodes.badInput,
      "Expected --features FILE or --fid beside --reference: statistics are of some network's features.",
    );
  const dataDir = given.download
    ? await downloaded(dataset.kind, given.dataDir)
    : given.dataDir === undefined
      ? null
      : await existing('--data-dir', given.dataDir, 'folder');
  const shape =
    dataset.kind === 'toy'
      ? [2]
      : await checkImages(dataset, dataDir, config.featureNetwork !== null && !hasNetwork);
  if (dataset.kind === 'toy' && hasNetwork)
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected ${given.fid ? '--fid' : '--features'} with a data set of images, got ${dataset.density}, `
        + 'whose points have no such distance. Leave it out.',
    );
  if (file !== null && !/\.(pth|pt)$/i.test(file)) requireOnnx(file);
  const flow = given.initialFlow;
  const initialFlow =
    flow === undefined
      ? null
      : await initialFlowFile(await existing('--initial-flow', flow, 'file'), config, shape);
  // Last: 96 MB are worth getting where everything else is in order.
  return {
    dataDir,
    features: given.fid ? await fidWeightsFile() : file,
    reference,
    ...(initialFlow && { initialFlow }),
  };
}

/** A network given as a file. */
async function featuresOf({ features, fid }: Given): Promise<string | null> {
  if (features === undefined) return null;
  if (fid)
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected --fid or --features, got both: give ${fidWeights.name} itself as --features where you `
        + 'have it.',
    );
  return existing('--features', features, 'file');
}

function requireOnnx(file: string): void {
  try {
    checkOnnxFile(file, `--features ${basename(file)}`);
  } catch (error) {
    throw new CounterflowError(exitCodes.badInput, (error as Error).message);
  }
}

async function downloaded(kind: string, dataDir: string | undefined): Promise<string> {
  const folder = dataDir === undefined ? cached('data', kind) : resolve(dataDir);
  await downloadDataset(kind, folder);
  return folder;
}

/** The shape of the images. `trained`: the run trains a classifier to compare images with. */
async function checkImages(
  dataset: ImageDatasetConfig,
  dataDir: string | null,
  trained: boolean,
): Promise<readonly number[]> {
  if (dataDir === null)
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected --data-dir DIR with ${officialForms[dataset.kind]}, got `
        + `none${canDownload(dataset.kind) ? '; or get them with --download' : ''}.`,
    );
  const source = await openImages(dataset, dataDir).catch(async (error: unknown) => {
    const hint = error instanceof MissingDataError ? await folderHint(dataset.kind, dataDir) : '';
    throw new CounterflowError(exitCodes.badInput, `${(error as Error).message}${hint}`);
  });
  source.close?.();
  if (trained && !source.labelled) {
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected labels with the images of ${dataDir}, on which featureNetwork is trained, got none. `
        + 'Leave it out with --set featureNetwork=null, or give a network with --features.',
    );
  }
  return source.shape;
}

async function existing(option: string, path: string, kind: 'file' | 'folder'): Promise<string> {
  const found = await stat(path).catch(() => null);
  const fits = kind === 'file' ? found?.isFile() : found?.isDirectory();
  if (!fits)
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected ${option} to be an existing ${kind}, got `
        + `${JSON.stringify(path)}${path.includes('\ufffd') ? ', a name that is no UTF-8: rename it' : ''}.`,
    );
  return resolve(path);
}
