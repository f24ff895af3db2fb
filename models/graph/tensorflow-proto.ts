/** The part of TensorFlow's protocol buffers that a SavedModel needs (tensorflow/core/protobuf and
 *  framework). */
import protobuf from 'protobufjs';

const schema = `
  syntax = "proto3";
  message SavedModel { int64 saved_model_schema_version = 1; repeated MetaGraphDef meta_graphs = 2; }
  message MetaGraphDef { MetaInfoDef meta_info_def = 1; GraphDef graph_def = 2; }
  message MetaInfoDef { repeated string tags = 4; }
  message GraphDef { repeated NodeDef node = 1; VersionDef versions = 4; }
  message VersionDef { int32 producer = 1; }
  message NodeDef { string name = 1; string op = 2; repeated string input = 3; map<string, AttrValue> attr = 5; }
  message AttrValue {
    oneof value {
      ListValue list = 1; bytes s = 2; int64 i = 3; float f = 4; bool b = 5; int32 type = 6;
      TensorShapeProto shape = 7; TensorProto tensor = 8;
    }
  }
  message ListValue { repeated int64 i = 3 [packed = true]; repeated float f = 4 [packed = true]; repeated bool b = 5 [packed = true]; }
  message TensorShapeProto { repeated Dim dim = 2; }
  message Dim { int64 size = 1; }
  message TensorProto {
    int32 dtype = 1; TensorShapeProto tensor_shape = 2; bytes tensor_content = 4;
    repeated float float_val = 5 [packed = true]; repeated int32 int_val = 7 [packed = true]; repeated bool bool_val = 11 [packed = true];
  }
`;
const savedModel = protobuf.parse(schema, { keepCase: true }).root.lookupType('SavedModel');

export interface TensorShapeProto {
  dim: { size: number }[];
}
export interface TfTensorProto {
  dtype: number;
  tensor_shape: TensorShapeProto;
  tensor_content?: Uint8Array;
  float_val?: number[];
  int_val?: number[];
  bool_val?: boolean[];
}
export type AttrValue =
  | { s: Uint8Array }
  | { i: number }
  | { f: number }
  | { b: boolean }
  | { type: number }
  | { shape: TensorShapeProto }
  | { tensor: TfTensorProto }
  | { list: { i?: number[]; f?: number[]; b?: boolean[] } };
export interface NodeDef {
  name: string;
  op: string;
  input: string[];
  attr: Record<string, AttrValue>;
}

/** Nodes -> the bytes of saved_model.pb, tagged 'serve'. The producer number is that of the TensorFlow
 *  tfjs-node was written for (2.9). */
export const encodeSavedModel = (node: readonly NodeDef[]): Uint8Array =>
  savedModel
    .encode({
      saved_model_schema_version: 1,
      meta_graphs: [
        { meta_info_def: { tags: ['serve'] }, graph_def: { node, versions: { producer: 1087 } } },
      ],
    })
    .finish();
