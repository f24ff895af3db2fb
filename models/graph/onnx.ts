/** A model's forward function -> an ONNX file, recorded from the function itself. The batch stays open: sizes
 *  that follow from it are recognised by recording at two batch sizes. */
import { ConfigError, RecordingError } from '../core/errors.ts';
import type { DType, NamedArrays, Tensors, TensorSpec } from '../core/tensors.ts';
import { alignBatch, batchSizes } from './align-batch.ts';
import { foldConstants } from './fold-constants.ts';
import { OnnxGraph } from './onnx-graph.ts';
import { onnxOps } from './onnx-ops.ts';
import { encodeModel, onnxType, type Metadata, type ValueInfoProto } from './onnx-proto.ts';
import { recordAsIs } from './record.ts';
import { typeOf, type RecordedNode, type Recording, type TensorType } from './recording.ts';
import { simplify } from './simplify.ts';

export interface OnnxInput {
  readonly shape: readonly ('batch' | number)[];
  readonly dtype: DType;
}
export interface OnnxModel {
  readonly name: string;
  readonly weights: NamedArrays;
  readonly inputs: Readonly<Record<string, OnnxInput>>;
  run(weights: Tensors, inputs: Tensors): Tensors;
  readonly metadata: Metadata;
  /** The producer's; left empty where it is not told. */
  readonly version?: string;
}
/** A function to be exported, without what is told of it. */
export type Forward = Pick<OnnxModel, 'name' | 'weights' | 'inputs' | 'run'>;

/** The bytes of an ONNX file (opset 18), its inputs and outputs named as in `run`, its weights as in
 *  `weights`. What depends on weights alone is computed here and stored. Throws RecordingError, also for an
 *  op without an ONNX form. */
export function toOnnx(model: OnnxModel): Uint8Array {
  const [a, b] = batchSizes.map((batch) => recordAt(model, batch));
  const recording = foldConstants(simplify(alignBatch(a!, b!)), model.weights);
  const graph = new OnnxGraph(recording.nodes, batchSource(model));
  recording.nodes.forEach((node, i) => graph.setValues(i, translate(graph, node, model)));
  const outputs = Object.entries(recording.outputs).map(([name, ref]) => {
    if (name in model.inputs || name in model.weights)
      throw new ConfigError(`Expected an output's name that no input or weight has, got '${name}'.`);
    graph.nodes.push({ name, op_type: 'Identity', input: [graph.value(ref)], output: [name], attribute: [] });
    return valueInfo(name, typeOf(recording.nodes, ref));
  });
  const inputs = Object.entries(model.inputs).map(([name, { shape, dtype }]) =>
    valueInfo(name, { dtype, shape: shape.map((size) => (size === 'batch' ? -1 : size)) }),
  );
  return encodeModel(graph.finish(model.name, inputs, outputs), model.metadata, model.version ?? '');
}

function recordAt({ weights, inputs, run }: OnnxModel, batch: number): Recording {
  const specs = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, dtype }]): [string, TensorSpec] => [
      name,
      { dtype, shape: shape.map((size) => (size === 'batch' ? batch : size)) },
    ]),
  );
  return recordAsIs(weights, { inputs: specs, run: (params, feeds) => ({ outputs: run(params, feeds) }) });
}

function batchSource({ inputs }: OnnxModel): { input: string; axis: number } | null {
  const found = Object.entries(inputs).find(([, { shape }]) => shape.includes('batch'));
  return found ? { input: found[0], axis: found[1].shape.indexOf('batch') } : null;
}

function translate(graph: OnnxGraph, node: RecordedNode, { name, weights }: OnnxModel): string[] {
  switch (node.kind) {
    case 'input':
      return [node.name];
    case 'variable':
      return [
        graph.constant(node.outputs[0]!.dtype, node.outputs[0]!.shape, weights[node.name]!.values, node.name),
      ];
    case 'literal':
      return [];
    case 'op': {
      const emit = onnxOps[node.op];
      if (!emit)
        throw new RecordingError(
          `Expected ops with an ONNX form in model '${name}', got TensorFlow's ${node.op}. Add it to `
            + 'models/graph/onnx-ops.ts.',
        );
      return [emit(graph, node)].flat();
    }
  }
}

const valueInfo = (name: string, { dtype, shape }: TensorType): ValueInfoProto => ({
  name,
  type: {
    tensor_type: {
      elem_type: onnxType[dtype],
      shape: {
        dim: shape.map((size) =>
          size < 0 ? { dim_param: size === -1 ? 'batch' : `${-size}*batch` } : { dim_value: size },
        ),
      },
    },
  },
});
