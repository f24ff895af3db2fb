/** A trained classifier's exported function. */
import { centred } from '../training/batch.ts';
import type { Forward } from '../graph/onnx.ts';
import { namedParams } from '../core/params.ts';
import { tf, type NamedArrays } from '../core/tensors.ts';
import { createClassifier } from './classifier.ts';
import type { ClassifierConfig } from './config.ts';

/** `classifier`: images [batch, C, H, W] of 0..255, as feature networks take them -> features [batch,
 *  features], logits. */
export function classifierForwards(
  { model }: ClassifierConfig,
  [h, w, c]: readonly number[],
  checkpoint: NamedArrays,
): Forward[] {
  const classifier = createClassifier(model, [h!, w!, c!]);
  return [
    {
      name: 'classifier',
      weights: namedParams(classifier.params, checkpoint['classifier.average']!.values),
      inputs: { images: { shape: ['batch', c!, h!, w!], dtype: 'float32' } },
      run(params, { images }) {
        const features = classifier.features(params, centred(tf.transpose(images!, [0, 2, 3, 1])));
        return { features, logits: classifier.logits(params, features) };
      },
    },
  ];
}
