/** Small ONNX files written by hand (onnx.proto's field numbers), so that tests of the evaluation need no
 *  exporter. */
import { writeFile } from 'node:fs/promises';
import protobuf from 'protobufjs';

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Integer attributes. */
  readonly attributes?: Readonly<Record<string, number>>;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly constants?: Readonly<
    Record<
      string,
      { readonly shape: readonly number[]; readonly values: Float32Array | Float64Array | BigInt64Array }
    >
  >;
  /** Name -> shape; a string stands for a dimension left open. */
  readonly inputs: Readonly<Record<string, readonly (number | string)[]>>;
  readonly outputs: Readonly<Record<string, readonly (number | string)[]>>;
  /** Of inputs and outputs that are not float32. */
  readonly types?: Readonly<Record<string, keyof typeof elementType>>;
}

/** TensorProto.DataType. */
export const elementType = { float32: 1, uint8: 2, int64: 7, float16: 10, float64: 11 } as const;
const opset = 17;

const typeOf = (values: Float32Array | Float64Array | BigInt64Array): number =>
  values instanceof Float32Array
    ? elementType.float32
    : values instanceof Float64Array
      ? elementType.float64
      : elementType.int64;

type Writer = protobuf.Writer;
const message = (fill: (writer: Writer) => void): Uint8Array => {
  const writer = protobuf.Writer.create();
  fill(writer);
  return writer.finish();
};
const text = (writer: Writer, field: number, value: string): Writer =>
  writer.uint32((field << 3) | 2).string(value);
const bytes = (writer: Writer, field: number, value: Uint8Array): Writer =>
  writer.uint32((field << 3) | 2).bytes(value);
const integer = (writer: Writer, field: number, value: number): Writer =>
  writer.uint32(field << 3).int64(value);

const valueInfo = (name: string, shape: readonly (number | string)[], type: number): Uint8Array =>
  message((info) => {
    text(info, 1, name);
    const shapeProto = message((w) =>
      shape.forEach((dim) =>
        bytes(
          w,
          1,
          message((d) => void (typeof dim === 'number' ? integer(d, 1, dim) : text(d, 2, dim))),
        ),
      ),
    );
    const tensorType = message((w) => void bytes(integer(w, 1, type), 2, shapeProto));
    bytes(
      info,
      2,
      message((w) => void bytes(w, 1, tensorType)),
    );
  });

const nodeProto = ({ op, inputs, outputs, attributes = {} }: OnnxNode): Uint8Array =>
  message((node) => {
    inputs.forEach((name) => text(node, 1, name));
    outputs.forEach((name) => text(node, 2, name));
    text(node, 4, op);
    for (const [name, value] of Object.entries(attributes)) {
      bytes(
        node,
        5,
        message((a) => void integer(integer(text(a, 1, name), 3, value), 20, 2)),
      );
    }
  });

export function onnxBytes({ nodes, constants = {}, inputs, outputs, types = {} }: OnnxGraph): Uint8Array {
  const info = (name: string, shape: readonly (number | string)[]): Uint8Array =>
    valueInfo(name, shape, elementType[types[name] ?? 'float32']);
  const graph = message((w) => {
    nodes.forEach((node) => bytes(w, 1, nodeProto(node)));
    text(w, 2, 'test');
    for (const [name, { shape, values }] of Object.entries(constants)) {
      bytes(
        w,
        5,
        message((t) => {
          shape.forEach((dim) => integer(t, 1, dim));
          text(integer(t, 2, typeOf(values)), 8, name);
          bytes(t, 9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
        }),
      );
    }
    for (const [name, shape] of Object.entries(inputs)) bytes(w, 11, info(name, shape));
    for (const [name, shape] of Object.entries(outputs)) bytes(w, 12, info(name, shape));
  });
  return message((model) => {
    integer(model, 1, 8);
    bytes(model, 7, graph);
    bytes(
      model,
      8,
      message((w) => void integer(w, 2, opset)),
    );
  });
}

export const writeOnnx = (path: string, graph: OnnxGraph): Promise<void> => writeFile(path, onnxBytes(graph));
