/** Training of a classifier on labelled images: descends the cross-entropy of a batch. */
import { centred, drawBytes, drawRows, type DataForm } from '../training/batch.ts';
import { gradientOf } from '../training/gradient.ts';
import { playerSteps, type BatchSizes } from '../training/micro-batch.ts';
import type { Player } from '../training/player.ts';
import { heldOutBytes, heldOutImages, type HeldOutMetrics } from '../training/held-out-metrics.ts';
import { alone, programOf, type Training } from '../training/training.ts';
import { gatherRows } from '../graph/gather-rows.ts';
import type { ProgramFunction } from '../graph/program.ts';
import { unflatten } from '../core/params.ts';
import { createClassifier, crossEntropy, shareRight, type Classifier } from './classifier.ts';
import type { ClassifierConfig } from './config.ts';

/** Labels are the variable `data.labels` [N] int32. Throws ShapeError where the images do not fit the
 *  model. */
export function classification(
  config: ClassifierConfig,
  data: DataForm,
  heldOut: number,
): Training & { readonly config: ClassifierConfig } {
  const classifier = createClassifier(config.model, data.shape);
  const player: Player = { name: 'classifier', specs: classifier.params, optimiser: config.classifier };
  const program = programOf(
    { config, data, players: [player] },
    {
      functions: steps(classifier, player, data, config),
      variables: { 'data.labels': { shape: [data.count], dtype: 'int32' } },
      probe: accuracyProbe(classifier, data, heldOut),
    },
  );
  return {
    config,
    data,
    program,
    ...alone(player),
    watched: ({ gradNorm, loss }) => ({ gradNorm, value: loss! }),
  };
}

const steps = (
  classifier: Classifier,
  player: Player,
  data: DataForm,
  sizes: BatchSizes,
): Record<string, ProgramFunction> =>
  playerSteps(player, sizes, data, (variables, key, rows) => {
    const x = centred(rows(drawBytes(data, variables.data!, sizes.batchSize, key)));
    const labels = rows(gatherRows(variables['data.labels']!, drawRows(data, sizes.batchSize, key)));
    return gradientOf(player.specs, variables.classifier!, (params) => {
      const logits = classifier.logits(params, classifier.features(params, x));
      const loss = crossEntropy(logits, labels);
      return { loss, aux: { loss, accuracy: shareRight(logits, labels) } };
    });
  });

/** The averaged weights' accuracy on held-out images. */
function accuracyProbe(classifier: Classifier, data: DataForm, count: number): HeldOutMetrics | null {
  if (count === 0) return null;
  return {
    variables: { ...heldOutImages(count, data), 'probe.labels': { shape: [count], dtype: 'int32' } },
    run: {
      inputs: {},
      run(variables) {
        const params = unflatten(classifier.params, variables['classifier.average']!);
        const logits = classifier.logits(
          params,
          classifier.features(params, centred(heldOutBytes(variables, data))),
        );
        return { outputs: { 'accuracy.heldOut': shareRight(logits, variables['probe.labels']!) } };
      },
    },
  };
}
