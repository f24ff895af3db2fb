/** Checkpoints as a run leaves them, with made-up weights. */
import { encodeSafetensors } from '../../activities/formats/safetensors.ts';
import { flowSchema, type FlowConfig } from '../../models/flow/config.ts';

export const smallFlow: FlowConfig = flowSchema.parse({ kind: 'vector', couplings: 2, width: 8 });

/** As contrast leaves them, for points; what is said in `changes` is other. */
export function flowCheckpoint({
  weights = new Float32Array(3),
  flow = smallFlow,
  shape = [2],
  name = 'flow.average',
  metadata = {},
}: {
  readonly weights?: Float32Array;
  readonly flow?: FlowConfig;
  readonly shape?: readonly number[];
  readonly name?: string;
  readonly metadata?: Readonly<Record<string, string>>;
} = {}): Uint8Array {
  return encodeSafetensors(
    { [name]: { shape: [weights.length], dtype: 'float32', values: weights } },
    {
      training: 'pretrain',
      config: '{"method":"mle"}',
      models: JSON.stringify({ flow, ebm: null }),
      shape: JSON.stringify(shape),
      ...metadata,
    },
  );
}
