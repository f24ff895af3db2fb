/** Rows of a data set that lives in the graph. tfjs's own gather reads its indices on the JavaScript side to
 *  check them, which would freeze them into a recording. */
import { tf, type Tensor } from '../core/tensors.ts';
import { attrType, tensorflowBackend, typeAttr, type GraphDType } from '../core/tensorflow-backend.ts';

/** data [N, ...], indices int32 [B] -> [B, ...]. Not differentiated. An index outside [0, N) is an error on
 *  the CPU and zeros on a GPU. */
export const gatherRows = (data: Tensor, indices: Tensor): Tensor =>
  tf.tidy(() =>
    tensorflowBackend().executeSingleOutput(
      'GatherV2',
      [
        { name: 'batch_dims', type: attrType.int, value: 0 },
        typeAttr('Tparams', data.dtype as GraphDType),
        typeAttr('Tindices', 'int32'),
        typeAttr('Taxis', 'int32'),
      ],
      [data, indices, tf.scalar(0, 'int32')],
    ),
  );
