/** Attributes and literals in the form of TensorFlow's protocol buffers. */
import { RecordingError } from '../core/errors.ts';
import type { LiteralNode, OpNode, RecordedNode } from './recording.ts';
import { typeOf } from './recording.ts';
import { attrType, dataType, type GraphDType, type OpAttr } from '../core/tensorflow-backend.ts';
import type { AttrValue, TfTensorProto, TensorShapeProto } from './tensorflow-proto.ts';

export const typeValue = (dtype: GraphDType): AttrValue => ({ type: dataType[dtype] });
export const shapeValue = (shape: readonly number[]): AttrValue => ({ shape: shapeProto(shape) });
const shapeProto = (shape: readonly number[]): TensorShapeProto => ({ dim: shape.map((size) => ({ size })) });

/** All attributes of a recorded op, those included that eager execution infers from its inputs. */
export function attrsOf(nodes: readonly RecordedNode[], node: OpNode): Record<string, AttrValue> {
  const given = Object.fromEntries(node.attrs.map((attr) => [attr.name, attrValue(node.op, attr)]));
  if (node.op !== 'ExpandDims') return given;
  return { T: typeValue(typeOf(nodes, node.inputs[0]!).dtype), Tdim: typeValue('int32'), ...given };
}

function attrValue(op: string, { name, type, value }: OpAttr): AttrValue {
  if (Array.isArray(value)) {
    if (type === attrType.int) return { list: { i: value } };
    if (type === attrType.float) return { list: { f: value } };
    if (type === attrType.shape) return shapeValue(value);
  } else {
    if (type === attrType.string) return { s: new TextEncoder().encode(String(value)) };
    if (type === attrType.int) return { i: Number(value) };
    if (type === attrType.float) return { f: Number(value) };
    if (type === attrType.bool) return { b: Boolean(value) };
    if (type === attrType.type) return { type: Number(value) };
  }
  throw new RecordingError(
    `Expected an attribute that a graph can hold, got ${op}.${name} of kind ${type} = `
      + `${JSON.stringify(value)}.`,
  );
}

/** A literal's values: in full only where they differ from each other. */
export function tensorValue({ values, outputs }: LiteralNode): AttrValue {
  const { dtype, shape } = outputs[0]!;
  const head: TfTensorProto = { dtype: dataType[dtype], tensor_shape: shapeProto(shape) };
  const few = isUniform(values) ? [...values.slice(0, 1)] : [...values.slice(0, 3)];
  if (few.length > 2)
    return {
      tensor: {
        ...head,
        tensor_content: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
      },
    };
  if (dtype === 'float32') return { tensor: { ...head, float_val: few } };
  if (dtype === 'int32') return { tensor: { ...head, int_val: few } };
  return { tensor: { ...head, bool_val: few.map(Boolean) } };
}

export const isUniform = (values: ArrayLike<number>): boolean =>
  Array.from(values).every((value) => Object.is(value, values[0]));
