/** Image data stays one byte a value inside the graph: four bytes to an int32, since tfjs has no uint8
 *  tensors. */
import { ShapeError } from '../core/errors.ts';
import { tf, type Tensor } from '../core/tensors.ts';
import { attrType, tensorflowBackend, typeAttr } from '../core/tensorflow-backend.ts';

/** Bytes [4 n] -> int32 [n], little-endian as TensorFlow's Bitcast on every platform it runs on here. */
export function packBytes(bytes: Uint8Array): Int32Array {
  if (bytes.length % 4 !== 0)
    throw new ShapeError(`Expected a multiple of 4 bytes to pack, got ${bytes.length}.`);
  return new Int32Array(bytes.slice().buffer);
}

/** packed int32 [B, n / 4] -> float32 [B, n] of 0..255. Not differentiated. */
export const unpackBytes = (packed: Tensor): Tensor =>
  tf.tidy(() => {
    const backend = tensorflowBackend();
    const bytes = backend.executeSingleOutput(
      'Bitcast',
      [typeAttr('T', 'int32'), typeAttr('type', 'uint8')],
      [packed],
    ); // [B, n/4, 4]
    const floats = backend.executeSingleOutput(
      'Cast',
      [
        typeAttr('SrcT', 'uint8'),
        typeAttr('DstT', 'float32'),
        { name: 'Truncate', type: attrType.bool, value: false },
      ],
      [bytes],
    );
    return tf.reshape(floats, [packed.shape[0]!, packed.shape[1]! * 4]); // [B, n]
  });
