/** The part of tfjs-node's backend that recording and the stateless ops stand on: every kernel passes through
 *  it with TensorFlow's own op names and attributes. The numbers are those of TF_AttrType and of DataType
 *  (tensorflow/c). */
import { ConfigError } from './errors.ts';
import { tf, type Tensor } from './tensors.ts';

export const attrType = { string: 0, int: 1, float: 2, bool: 3, type: 4, shape: 5 } as const;
export const dataType = { float32: 1, int32: 3, uint8: 4, int64: 9, bool: 10 } as const;
export type GraphDType = keyof typeof dataType;

export interface OpAttr {
  readonly name: string;
  readonly type: number;
  readonly value: number | boolean | string | readonly number[] | undefined;
}
export type DataId = object;
export interface TensorflowBackend {
  readonly binding: object;
  readonly isUsingGpuDevice: boolean;
  readonly tensorMap: { get(id: DataId): { readonly shape: number[]; readonly dtype: number } };
  executeSingleOutput(op: string, attrs: OpAttr[], inputs: Tensor[]): Tensor;
  executeMultipleOutputs(op: string, attrs: OpAttr[], inputs: Tensor[], count: number): Tensor[];
  /** A tensor for what TensorFlow holds under `id`; -1: nothing. */
  createOutputTensor(metadata: {
    readonly id: number;
    readonly shape: number[];
    readonly dtype: number;
  }): Tensor;
  write(values: unknown, shape: number[], dtype: string): DataId;
  move(id: DataId, values: unknown, shape: number[], dtype: string, refCount: number): void;
  readSync(id: DataId): unknown;
  read(id: DataId): Promise<unknown>;
}

export function tensorflowBackend(): TensorflowBackend {
  const backend = tf.backend() as unknown as TensorflowBackend;
  if (typeof backend?.executeSingleOutput !== 'function') {
    throw new ConfigError(
      `Expected the tfjs backend 'tensorflow', got '${tf.getBackend()}'. Load @tensorflow/tfjs-node-gpu first.`,
    );
  }
  return backend;
}

let recordings = 0;

/** True within `body` of `whileRecording`. */
export const isRecording = (): boolean => recordings > 0;

export function whileRecording<T>(body: () => T): T {
  recordings += 1;
  try {
    return body();
  } finally {
    recordings -= 1;
  }
}

export const typeAttr = (name: string, dtype: GraphDType): OpAttr => ({
  name,
  type: attrType.type,
  value: dataType[dtype],
});

export function graphDTypeOf(code: number): GraphDType {
  const found = Object.entries(dataType).find(([, value]) => value === code);
  if (!found)
    throw new ConfigError(
      `Expected a tensor type among ${Object.keys(dataType)}, got TensorFlow's type ${code}.`,
    );
  return found[0] as GraphDType;
}
