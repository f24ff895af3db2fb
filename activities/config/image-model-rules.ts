/** What sections for images alone must be: VAE, DCGAN and the classifier that gives a Frechet distance its
 *  features. */
import { mnistForms } from '../datasets/mnist-variants.ts';
import type { Config } from './experiment-sections.ts';

/** A rule that a configuration breaks. */
export interface Breach {
  readonly path: readonly string[];
  readonly rule: string;
  readonly value: unknown;
  readonly remedy: string;
}

/** Of a set whose classes are more than the classifier has. */
function classBreaches(dataset: Config['dataset'], network: Config['featureNetwork']): Breach[] {
  if (network === null || dataset.kind !== 'mnist') return [];
  const { classes } = mnistForms[dataset.variant];
  return network.model.classes >= classes
    ? []
    : [
        {
          path: ['featureNetwork', 'model', 'classes'],
          rule: `at least ${classes}, the classes of dataset ${dataset.variant}`,
          value: network.model.classes,
          remedy: `set it to ${classes}`,
        },
      ];
}

/** Data sets whose prepared files hold a label for each image. */
const labelled: readonly string[] = ['mnist', 'cifar10', 'svhn'];

/** `side` of the images; null for points. */
export function imageModelBreaches(
  { dataset, baselines, featureNetwork, evaluation }: Config,
  side: number | null,
): Breach[] {
  const sections = [
    { path: ['baselines', 'vae'], section: baselines.vae },
    { path: ['baselines', 'dcgan'], section: baselines.dcgan },
    { path: ['featureNetwork'], section: featureNetwork },
  ].flatMap(({ path, section }) => (section === null ? [] : [{ path, section }]));
  if (side === null) {
    return sections.map(({ path, section }) => ({
      path,
      rule: `null for dataset ${dataset.kind}: it is for images`,
      value: section,
      remedy: 'leave it out',
    }));
  }
  return [
    ...sections.flatMap(({ path, section: { model } }) =>
      side % 2 ** model.channels.length === 0
        ? []
        : [
            {
              path: [...path, 'model', 'channels'],
              rule: `convolutions that each halve the ${side} x ${side} images evenly`,
              value: model.channels,
              remedy: 'use fewer of them',
            },
          ],
    ),
    ...(baselines.dcgan?.microBatch
      ? [
          {
            path: ['baselines', 'dcgan', 'microBatch'],
            rule: 'null, for its batches are normalised whole',
            value: baselines.dcgan.microBatch,
            remedy: 'lower its batchSize instead',
          },
        ]
      : []),
    ...(featureNetwork !== null && !labelled.includes(dataset.kind)
      ? [
          {
            path: ['featureNetwork'],
            rule: `null for dataset ${dataset.kind}, whose images have no labels`,
            value: featureNetwork,
            remedy: 'set it to null and give a network with --features',
          },
        ]
      : []),
    ...classBreaches(dataset, featureNetwork),
    // else a run would find it out after all of its trainings
    ...(featureNetwork !== null && evaluation.samples <= featureNetwork.model.features
      ? [
          {
            path: ['evaluation', 'samples'],
            rule:
              `at least ${featureNetwork.model.features + 1}, one more than the features of `
              + 'featureNetwork that distances are measured in',
            value: evaluation.samples,
            remedy: 'raise it, or set featureNetwork to null',
          },
        ]
      : []),
  ];
}
