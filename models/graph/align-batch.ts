/** One recording for every batch size, from two recordings at different sizes: what differs between them must
 *  be a whole multiple of the batch. */
import { RecordingError } from '../core/errors.ts';
import { isUniform } from './attr-values.ts';
import type { LiteralNode, OpNode, RecordedNode, Recording, TensorType } from './recording.ts';

export const batchSizes = [2, 3] as const;

/** Recordings, not yet simplified, of one function at the two batch sizes. Shapes hold -k for k times the
 *  batch. */
export function alignBatch(a: Recording, b: Recording): Recording {
  if (a.nodes.length !== b.nodes.length) {
    throw new RecordingError(
      `Expected the same ops at every batch size, got ${a.nodes.length} and ${b.nodes.length} at `
        + `${batchSizes}.`,
    );
  }
  return { ...a, nodes: a.nodes.map((node, i) => alignNode(node, b.nodes[i]!)) };
}

function alignNode(a: RecordedNode, b: RecordedNode): RecordedNode {
  const outputs = a.outputs.map((type, i) => alignType(type, b.outputs[i]));
  if (a.kind === 'literal' && b.kind === 'literal') return alignLiteral(a, b, outputs);
  if (a.kind === 'op' && b.kind === 'op') {
    checkSameOp(a, b);
    return { ...a, outputs };
  }
  if (a.kind === b.kind) return { ...a, outputs } as RecordedNode;
  throw new RecordingError(
    `Expected the same ops at every batch size, got ${a.kind} and ${b.kind} at one place.`,
  );
}

function alignType(a: TensorType, b: TensorType | undefined): TensorType {
  if (b?.dtype !== a.dtype || b.shape.length !== a.shape.length) {
    throw new RecordingError(
      `Expected tensors of one type and rank at every batch size, got ${a.dtype} [${a.shape}] and `
        + `${b?.dtype} [${b?.shape}].`,
    );
  }
  return {
    dtype: a.dtype,
    shape: a.shape.map((size, i) => -timesBatch(size, b.shape[i]!, 'a size') || size),
  };
}

function alignLiteral(a: LiteralNode, b: LiteralNode, outputs: readonly TensorType[]): LiteralNode {
  if (outputs[0]!.shape.some((size) => size < 0)) {
    if (isUniform(a.values) && isUniform(b.values) && Object.is(a.values[0], b.values[0]))
      return { ...a, outputs, values: a.values.slice(0, 1) };
    throw new RecordingError(
      `Expected constants of a fixed size, got [${a.outputs[0]!.shape}] and [${b.outputs[0]!.shape}] `
        + `at batch sizes ${batchSizes}.`,
    );
  }
  const what = `a constant ${outputs[0]!.dtype}`;
  const times = Array.from(a.values, (value, i) =>
    Object.is(value, b.values[i]) ? 0 : timesBatch(value, b.values[i]!, what),
  );
  if (times.every((k) => k === 0)) return { ...a, outputs };
  if (outputs[0]!.dtype !== 'int32')
    throw new RecordingError(
      `Expected constants that do not depend on the batch, got ${a.values} and ${b.values}.`,
    );
  return {
    ...a,
    outputs,
    values: a.values.map((value, i) => (times[i] === 0 ? value : 0)),
    timesBatch: times,
  };
}

/** 0 where the two agree, else the factor of the batch. */
function timesBatch(a: number, b: number, what: string): number {
  if (a === b) return 0;
  const times = b - a; // the two sizes are one apart
  if (times * batchSizes[0] !== a || !Number.isInteger(times)) {
    throw new RecordingError(
      `Expected ${what} to be fixed or a multiple of the batch, got ${a} and ${b} at batch sizes `
        + `${batchSizes}.`,
    );
  }
  return times;
}

function checkSameOp(a: OpNode, b: OpNode): void {
  if (a.op !== b.op || JSON.stringify(a.inputs) !== JSON.stringify(b.inputs)) {
    throw new RecordingError(
      `Expected the same ops at every batch size, got ${a.op} and ${b.op} at one place.`,
    );
  }
  const differs = a.attrs.find((attr, i) => JSON.stringify(attr) !== JSON.stringify(b.attrs[i]));
  if (differs)
    throw new RecordingError(
      `Expected attribute ${a.op}.${differs.name} to be the same at every batch size, got `
        + `${differs.value} at ${batchSizes[0]}.`,
    );
}
