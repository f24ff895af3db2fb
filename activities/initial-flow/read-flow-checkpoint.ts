/** The flow of a checkpoint that a run of this program left: `checkpoints/<training>.safetensors`. */
import { flowSchema } from '../../models/flow/config.ts';
import { BadInputError } from '../ports/data-errors.ts';
import { decodeSafetensors } from '../formats/safetensors.ts';
import { requireFinite, requireSameForm, type FlowForm } from './flow-form.ts';

export interface FlowCheckpoint {
  /** The training that wrote it. */
  readonly training: string;
  /** `flow.average` [N], in the layout of `flow`. */
  readonly weights: Float32Array;
}

/** `name` is the file's, for messages. Throws SafetensorsError for what is no whole file, BadInputError for
 *  one without the flow that is asked for. */
export function readFlowCheckpoint(bytes: Uint8Array, name: string, asked: FlowForm): FlowCheckpoint {
  const { arrays, metadata } = decodeSafetensors(bytes, name);
  const average = arrays['flow.average'];
  if (average?.dtype !== 'float32' || average.shape.length !== 1) {
    throw new BadInputError(
      `Expected flow.average [N] in ${name}, got ${namesIn(arrays)}. `
        + 'Give the checkpoint of a training with a flow: pretrain, contrast, control or flow-mle.',
    );
  }
  requireSameForm(formIn(metadata, name), asked, name);
  const weights = average.values as Float32Array;
  requireFinite(weights, `flow.average of ${name}`);
  return { training: metadata['training'] ?? 'training', weights };
}

function formIn(
  { models = 'null', shape = 'null' }: Readonly<Record<string, string>>,
  name: string,
): FlowForm {
  const flow = flowSchema.safeParse((parsed(models) as { flow?: unknown } | null)?.flow);
  const held = parsed(shape);
  const isShape = Array.isArray(held) && held.every((size) => Number.isInteger(size));
  if (flow.success && isShape) return { flow: flow.data, shape: held as number[] };
  throw new BadInputError(
    `Expected metadata in ${name} that says which flow it holds (models, shape), got models `
      + `${cut(models)} and shape ${cut(shape)}. Give a checkpoint as a run has it in its folder `
      + 'checkpoints.',
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const longest = 80;
const cut = (text: string): string => (text.length > longest ? `${text.slice(0, longest)}...` : text);
const namesIn = (arrays: object): string => cut(Object.keys(arrays).join(', ') || 'nothing');
