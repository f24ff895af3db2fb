/** Whose model it is, in the file itself: a copy of an ONNX file with the run's name and configuration among
 *  its metadata. The file in the store stays free of them, for runs that trained the same weights share it
 *  and what was measured of it. */
import { appendFile, copyFile, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeMetadata } from '../../models/graph/onnx-proto.ts';
import type { ArtifactRef } from '../contracts/artifact.ts';
import type { ModelOwner } from '../contracts/evaluation.ts';
import type { Ports } from '../ports/ports.ts';
import { inScratch } from '../disk/scratch.ts';
import { withStorageErrors } from '../disk/storage-errors.ts';

/** Metadata `run_id`, `experiment` and `configuration`, JSON of the whole resolved one. */
export async function stampModel(
  { store, scratch: root }: Pick<Ports, 'store' | 'scratch'>,
  model: ArtifactRef,
  owner: ModelOwner,
): Promise<ArtifactRef> {
  const stamp = encodeMetadata({
    run_id: owner.runId,
    experiment: owner.experiment,
    configuration: JSON.stringify(owner.config),
  });
  return inScratch(root, 'stamp-model', async (scratch) => {
    const file = join(scratch, 'model.onnx');
    const source = await store.path(model);
    await withStorageErrors(
      file,
      async () => {
        await copyFile(source, file, constants.COPYFILE_FICLONE);
        await appendFile(file, stamp);
      },
      model.bytes + stamp.length,
    );
    return store.put({ file });
  });
}
