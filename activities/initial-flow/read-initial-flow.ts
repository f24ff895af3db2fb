/** A flow's weights from the file that `--initial-flow` names, whichever training wrote it. */
import type { NamedArrays } from '../../models/core/tensors.ts';
import type { FlowForm } from './flow-form.ts';
import { readFlowCheckpoint } from './read-flow-checkpoint.ts';
import { readGlowPytorch } from './read-glow-pytorch.ts';

/** A larger file is refused before it is read: it is in memory twice for a moment.
 *  Glow at its authors' size takes 0.2 GB, and 0.5 with Adamax's moments. */
export const largestFlowFile = 2 ** 30;

export interface FlowFile {
  /** What the file is, for people. */
  readonly source: string;
  /** [N] in the layout of the flow that was asked for, or its parameters by name. */
  readonly weights: Float32Array | NamedArrays;
}

/** Weights of the flow that is asked for. `name` is the file's, for messages; by its ending .pt or .pth a
 *  PyTorch checkpoint is known. Throws BadInputError, DataError and SafetensorsError: another flow than the
 *  one asked for, or no whole file. */
export async function readInitialFlow(bytes: Uint8Array, name: string, asked: FlowForm): Promise<FlowFile> {
  if (/\.(pth|pt)$/i.test(name)) {
    return {
      source: 'a checkpoint of y0ast/Glow-PyTorch',
      weights: await readGlowPytorch(bytes, name, asked),
    };
  }
  const { training, weights } = readFlowCheckpoint(bytes, name, asked);
  return { source: `a checkpoint of ${training}`, weights };
}
