/** A small convolutional classifier: a network whose features a Frechet distance can be measured in where
 *  nobody gave one. */
import { DataError, ShapeError } from '../core/errors.ts';
import { conv, dense, heNormal, sequence } from '../core/layers.ts';
import { relu } from '../core/native-ops.ts';
import { prefixed, under, type ParamSpec, type Params } from '../core/params.ts';
import { tf, type Tensor } from '../core/tensors.ts';
import type { ClassifierModelConfig } from './config.ts';

export interface Classifier {
  readonly classes: number;
  readonly params: readonly ParamSpec[];
  /** Activations of the last hidden layer [B, features], of x [B, H, W, C] in [-1/2, 1/2). */
  features(params: Params, x: Tensor): Tensor;
  /** From features: [B, classes]. */
  logits(params: Params, features: Tensor): Tensor;
}

/** Throws ShapeError if H or W is not divisible by 2^(number of convolutions). */
export function createClassifier(
  { classes, channels, features }: ClassifierModelConfig,
  [h, w, c]: readonly number[],
): Classifier {
  const factor = 2 ** channels.length;
  if (h! % factor !== 0 || w! % factor !== 0) {
    throw new ShapeError(
      `Expected a height and width divisible by ${factor} for ${channels.length} strided `
        + `convolutions, got ${h} x ${w}. Use fewer entries in channels, or pad the images.`,
    );
  }
  const convolutions = sequence(
    channels.map((outputs, i) => {
      const inputs = channels[i - 1] ?? c!;
      return conv(4, inputs, outputs, heNormal(16 * inputs), 2);
    }),
    relu,
  );
  const width = ((h! * w!) / factor ** 2) * channels.at(-1)!;
  const hidden = dense(width, features, heNormal(width));
  const head = dense(features, classes, { kind: 'normal', std: Math.sqrt(1 / features) });
  return {
    classes,
    params: [
      ...prefixed('convolutions', convolutions.params),
      ...prefixed('hidden', hidden.params),
      ...prefixed('head', head.params),
    ],
    features(params, x) {
      const seen = relu(convolutions.apply(under(params, 'convolutions'), x));
      return relu(hidden.apply(under(params, 'hidden'), tf.reshape(seen, [-1, width])));
    },
    logits: (params, found) => head.apply(under(params, 'head'), found),
  };
}

/** Mean of -log P(label) [scalar], nats: log classes where nothing is known. logits [B, classes], labels
 *  int32 [B]. */
export const crossEntropy = (logits: Tensor, labels: Tensor): Tensor =>
  tf.neg(
    tf.mean(tf.sum(tf.mul(tf.oneHot(labels as tf.Tensor1D, logits.shape[1]!), tf.logSoftmax(logits)), 1)),
  );

/** Share of rows whose largest logit is the label's. */
export const shareRight = (logits: Tensor, labels: Tensor): Tensor =>
  tf.mean(tf.cast(tf.equal(tf.argMax(logits, 1), labels), 'float32'));

/** Throws DataError for a label outside 0 to classes - 1. */
export function checkLabels(labels: ArrayLike<number>, classes: number): void {
  const wrong = Array.prototype.find.call(labels, (label: number) => label < 0 || label >= classes) as
    number | undefined;
  if (wrong !== undefined)
    throw new DataError(
      `Expected labels from 0 to ${classes - 1}, got ${wrong}. Set model.classes to the number of classes.`,
    );
}
