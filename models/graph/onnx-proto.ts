/** The part of ONNX's protocol buffers that a model needs (onnx/onnx.proto). */
import protobuf from 'protobufjs';

const schema = `
  syntax = "proto3";
  message ModelProto {
    int64 ir_version = 1; string producer_name = 2; string producer_version = 3; GraphProto graph = 7;
    repeated OperatorSetIdProto opset_import = 8; repeated StringStringEntryProto metadata_props = 14;
  }
  message OperatorSetIdProto { string domain = 1; int64 version = 2; }
  message StringStringEntryProto { string key = 1; string value = 2; }
  message GraphProto {
    repeated NodeProto node = 1; string name = 2; repeated TensorProto initializer = 5;
    repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12;
  }
  message NodeProto { repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4; repeated AttributeProto attribute = 5; }
  message AttributeProto { string name = 1; float f = 2; int64 i = 3; bytes s = 4; repeated int64 ints = 8; int32 type = 20; }
  message TensorProto { repeated int64 dims = 1; int32 data_type = 2; string name = 8; bytes raw_data = 9; }
  message ValueInfoProto { string name = 1; TypeProto type = 2; }
  message TypeProto { Tensor tensor_type = 1; message Tensor { int32 elem_type = 1; TensorShapeProto shape = 2; } }
  message TensorShapeProto { repeated Dimension dim = 1; message Dimension { oneof value { int64 dim_value = 1; string dim_param = 2; } } }
`;
export const modelProto = protobuf.parse(schema, { keepCase: true }).root.lookupType('ModelProto');

/** TensorProto.DataType. */
export const onnxType = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 } as const;

export interface AttributeProto {
  name: string;
  f?: number;
  i?: number;
  s?: Uint8Array;
  ints?: number[];
  type: number;
}
export interface NodeProto {
  name: string;
  op_type: string;
  input: string[];
  output: string[];
  attribute: AttributeProto[];
}
export interface TensorProto {
  name: string;
  dims: number[];
  data_type: number;
  raw_data: Uint8Array;
}
export interface ValueInfoProto {
  name: string;
  type: {
    tensor_type: { elem_type: number; shape: { dim: ({ dim_value: number } | { dim_param: string })[] } };
  };
}
export interface GraphProto {
  name: string;
  node: NodeProto[];
  initializer: TensorProto[];
  input: ValueInfoProto[];
  output: ValueInfoProto[];
}

/** Opset 18 is the first with all reductions' axes as inputs; it came with IR version 8 (ONNX 1.13). */
export const opset = 18;

export const encodeModel = (graph: GraphProto, metadata: Metadata, version: string): Uint8Array =>
  modelProto
    .encode({
      ir_version: 8,
      producer_name: 'counterflow',
      producer_version: version,
      graph,
      opset_import: [{ domain: '', version: opset }],
      metadata_props: entriesOf(metadata),
    })
    .finish();

/** Metadata to append to a model's file: messages written one after the other are read as one, their lists
 *  joined. */
export const encodeMetadata = (metadata: Metadata): Uint8Array =>
  modelProto.encode({ metadata_props: entriesOf(metadata) }).finish();

export type Metadata = Readonly<Record<string, string>>;

const entriesOf = (metadata: Metadata) => Object.entries(metadata).map(([key, value]) => ({ key, value }));

/** A number is written as INT where it is whole and as FLOAT where `float` says so; the numbers are
 *  AttributeProto.AttributeType. */
export function attribute(
  name: string,
  value: number | string | readonly number[] | { readonly float: number },
): AttributeProto {
  if (typeof value === 'string') return { name, s: new TextEncoder().encode(value), type: 3 };
  if (typeof value === 'number') return { name, i: value, type: 2 };
  return 'float' in value ? { name, f: value.float, type: 1 } : { name, ints: [...value], type: 7 };
}
