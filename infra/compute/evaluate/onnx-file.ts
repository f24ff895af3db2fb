/** What an ONNX file must be before onnxruntime opens it: a whole protocol buffer, all of whose tensors lie
 *  in it and are no larger than it. A tensor may name a file beside the model, or anywhere, for its values;
 *  and promise any size. Only lengths are read, in bounded memory. Source: onnx/onnx.proto (field numbers),
 *  protobuf.dev/programming-guides/encoding. */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { DataError } from '../../../models/core/errors.ts';
import { ProtobufFile } from './protobuf-file.ts';

type MessageName = 'model' | 'graph' | 'node' | 'attribute' | 'tensor' | 'training' | 'function';

/** By field number: the messages a tensor can be reached through. */
const inside: Readonly<Record<Exclude<MessageName, 'tensor'>, Readonly<Record<number, MessageName>>>> = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  graph: { 1: 'node', 5: 'tensor' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph' },
  training: { 1: 'graph', 2: 'graph' },
  function: { 7: 'node', 11: 'attribute' },
};
/** graph.sparse_initializer, attribute.sparse_tensor and .sparse_tensors: a few bytes become a dense tensor
 *  of any size. */
const sparse: Readonly<Partial<Record<MessageName, readonly number[]>>> = {
  graph: [15],
  attribute: [22, 23],
};
const deepest = 64;
/** Four 2-bit numbers fit into a byte. */
const mostElementsInByte = 4;
const tensorField = { dims: 1, externalData: 13, dataLocation: 14 } as const;

/** Reads the file's structure through. Throws DataError. */
export function checkOnnxFile(path: string, name: string): void {
  const handle = openSync(path, 'r');
  try {
    const file = new ProtobufFile(handle, (sentence) =>
      refusal(name, `it is no whole ONNX file: ${sentence}`),
    );
    const { size } = fstatSync(handle);
    if (size === 0) throw refusal(name, 'it is empty');
    walk({ file, refuse: (sentence) => refusal(name, sentence) }, 'model', size, 0);
  } finally {
    closeSync(handle);
  }
}

const refusal = (name: string, sentence: string): DataError =>
  new DataError(
    `${name} cannot be used as a network: ${sentence}. Save it again, as one file with all its weights.`,
  );

interface Walk {
  readonly file: ProtobufFile;
  readonly refuse: (sentence: string) => DataError;
}

function walk({ file, refuse }: Walk, message: MessageName, end: number, depth: number): void {
  if (depth > deepest) throw refuse(`its graphs lie in each other more than ${deepest} deep`);
  if (message === 'tensor') return checkTensor({ file, refuse }, end);
  while (file.at < end) {
    const { field, end: fieldEnd } = file.field(end);
    if (sparse[message]?.includes(field)) throw refuse('it holds a sparse tensor');
    const inner = inside[message][field];
    if (inner) walk({ file, refuse }, inner, fieldEnd, depth + 1);
    file.at = fieldEnd;
  }
}

function checkTensor({ file, refuse }: Walk, end: number): void {
  const start = file.at;
  const dims: number[] = [];
  while (file.at < end) {
    const { field, packed, value, end: fieldEnd } = file.field(end);
    if (field === tensorField.externalData || (field === tensorField.dataLocation && value !== 0))
      throw refuse('a tensor of it names another file for its values');
    if (field === tensorField.dims) {
      if (packed) while (file.at < fieldEnd) dims.push(file.varint(fieldEnd));
      else dims.push(value);
    }
    file.at = fieldEnd;
    if (dims.length > deepest) throw refuse(`a tensor of it has more than ${deepest} dimensions`);
  }
  const elements = dims.reduce((a, b) => a * b, 1);
  if (elements > mostElementsInByte * (end - start))
    throw refuse(`a tensor of it promises [${dims}] values and has ${end - start} bytes`);
}
