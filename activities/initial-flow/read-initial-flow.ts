/** A flow's weights from the file that `--initial-flow` names, whichever training wrote it. */
import type { FlowForm } from './flow-form.ts';
import { readFlowCheckpoint } from './read-flow-checkpoint.ts';

/** A larger file is refused before it is read: it is in memory twice for a moment. The paper's flow takes 0.2 GB, with its optimiser's state 0.7. */
export const largestFlowFile = 2 ** 30;

export interface FlowFile {
  /** What the file is, for people. */
  readonly source: string;
  /** [N] in the layout of the flow that was asked for. */
  readonly weights: Float32Array;
}

/** Weights of the flow that is asked for. `name` is the file's, for messages.
 *  Throws BadInputError and SafetensorsError: another flow than the one asked for, or no whole file. */
export async function readInitialFlow(bytes: Uint8Array, name: string, asked: FlowForm): Promise<FlowFile> {
  const { training, weights } = readFlowCheckpoint(bytes, name, asked);
  return { source: `a checkpoint of ${training}`, weights };
}
