/** The data set of a run as two artifacts; keyed by the contents of the files it is made from, wherever they lie. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { checkCifar10 } from './datasets/cifar10.ts';
import { MissingDataError } from './datasets/errors.ts';
import { prepareDataset as prepareFiles } from './datasets/prepare.ts';
import type { ArtifactRef, PreparedDataset, PrepareRequest, Salted } from './contracts.ts';
import { keyed } from './keyed.ts';
import { StorageError, type Ports } from './ports.ts';

export async function prepareDataset(ports: Ports, { salt, ...request }: Salted<PrepareRequest>): Promise<PreparedDataset> {
  const { store } = ports;
  const spec = await specOf(request);
  return keyed(ports, { activity: 'prepare-dataset', spec, threads: 1, salt }, async () => {
    const { train, test, ...facts } = await prepareFiles(request.dataset, request);
    return { ...facts, train: await store.put(train), test: await store.put(test) };
  });
}

/** Toy points are a function of configuration and seed, images of the files' bytes. */
async function specOf({ dataset, dataDir, seed }: PrepareRequest): Promise<unknown> {
  if (dataset.kind === 'toy') return { dataset, seed };
  if (dataDir === null) return { dataset };
  const { train, test } = await checkCifar10(dataDir, dataset);
  return { dataset, files: await Promise.all([...train, test].map(({ path }) => sha256Of(path))) };
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

/** The feature network given on the command line, put into the store. */
export async function storeFeatures({ store }: Pick<Ports, 'store'>, file: string): Promise<ArtifactRef> {
  try {
    return await store.put({ file });
  } catch (error) {
    if (!(error instanceof StorageError) || error.code !== 'ENOENT') throw error;
    throw new MissingDataError(`Expected --features to be an ONNX file, but there is none at ${file}.`);
  }
}
