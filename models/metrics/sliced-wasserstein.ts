/** Sliced Wasserstein distance of two sets of images, all within a recording: how far the images are from
 *  each other in their pieces, coarse and fine, without a feature network. Sources: Rabin et al. 2011; by
 *  patches of a Laplacian pyramid: Karras et al. 2018, appendix */
import { foldIn, statelessNormal } from '../graph/random.ts';
import { tf, type Tensor } from '../core/tensors.ts';

/** Side of a patch; a picture is halved until it is not much larger than one, so that the coarsest patches
 *  hold nearly all of it. */
const patchSide = 8;

/** Mean over scales and directions of the 1-Wasserstein distance of the patches' projections, in standard
 *  deviations of `images` at that scale. Patches lie side by side; the random directions are shared out among
 *  the scales. samples and images [N, H, W, C] float32, key int32 [2] -> scalar. Samples must not be NaN: a
 *  NaN has no place in an order. */
export function slicedWasserstein(samples: Tensor, images: Tensor, projections: number, key: Tensor): Tensor {
  const [of, from] = [pyramid(samples), pyramid(images)];
  const each = Math.max(1, Math.round(projections / from.length));
  const distances = from.map((band, scale) => {
    const spread = tf.maximum(tf.sqrt(tf.moments(band, [0, 1, 2]).variance), smallestSpread); // [C]
    const directions = unitDirections([patchSide, patchSide, band.shape[3]!], each, foldIn(key, scale));
    const project = (x: Tensor): Tensor => {
      const projected = tf.conv2d(
        tf.div(x, spread) as tf.Tensor4D,
        directions as tf.Tensor4D,
        patchSide,
        'same',
      );
      return tf.reshape(projected, [-1, each]);
    };
    return meanWasserstein(project(of[scale]!), project(band));
  });
  return tf.div(tf.addN(distances), distances.length);
}

/** Half a grey level: a channel that hardly varies is not blown up. */
const smallestSpread = 1 / 512;

/** Mean over columns of the 1-Wasserstein distance on the line, where the k-th smallest goes to the k-th
 *  smallest: a, b [N, P] -> scalar. */
export const meanWasserstein = (a: Tensor, b: Tensor): Tensor =>
  tf.mean(tf.abs(tf.sub(sortedColumns(a), sortedColumns(b))));

/** [N, P] -> [P, N], each row in descending order. */
const sortedColumns = (x: Tensor): Tensor => tf.topk(tf.transpose(x), x.shape[0]!).values;

/** Directions [...shape, count], uniform on the unit sphere. */
export function unitDirections(shape: readonly number[], count: number, key: Tensor): Tensor {
  const normals = statelessNormal([...shape, count], key);
  return tf.div(normals, tf.norm(tf.reshape(normals, [-1, count]), 2, 0));
}

/** What each scale adds to the next coarser one, finest first, and the coarsest itself: [N, H, W, C], [N,
 *  H/2, W/2, C], ... */
function pyramid(x: Tensor): Tensor[] {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  if (Math.min(h, w) < 2 * patchSide || h % 2 === 1 || w % 2 === 1) return [x];
  const fine = tf.reshape(x, [(n * h) / 2, 2, w / 2, 2, c]);
  const coarse = tf.mean(fine, [1, 3], true);
  return [
    tf.reshape(tf.sub(fine, coarse), [n, h, w, c]),
    ...pyramid(tf.reshape(coarse, [n, h / 2, w / 2, c])),
  ];
}
