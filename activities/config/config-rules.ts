/** What the sections of a configuration must be to each other, checked before anything starts. */
import type { z } from 'zod';
import type { ImageDatasetConfig } from './dataset-config.ts';
import type { Config } from './experiment-sections.ts';
import { type Breach, imageModelBreaches } from './image-model-rules.ts';
import { imageShape } from './image-shape.ts';

/** `flowGiven`: the run starts from a flow that was trained before (--initial-flow). */
export function checkCombination(config: Config, context: z.RefinementCtx, flowGiven: boolean): void {
  const { dataset } = config;
  const ofKind =
    dataset.kind === 'toy'
      ? [...flipBreaches(config), ...pointStoppingBreaches(config)]
      : imageBreaches(config, dataset);
  const breaches = [
    ...modelBreaches(config),
    ...ofKind,
    ...imageModelBreaches(config, dataset.kind === 'toy' ? null : imageShape(dataset)[0]),
    ...(flowGiven ? doubleStartBreaches(config) : referenceBreaches(config)),
    ...microBatchBreaches(config),
    ...valueRangeBreaches(config),
  ];
  for (const { path, rule, value, remedy } of breaches) {
    context.addIssue({ code: 'custom', path: [...path], message: rule, input: value, params: { remedy } });
  }
}

function modelBreaches({ dataset, models }: Config): Breach[] {
  const wanted = dataset.kind === 'toy' ? { flow: 'vector', ebm: 'dense' } : { flow: 'image', ebm: 'conv' };
  return (['flow', 'ebm'] as const)
    .filter((player) => models[player].kind !== wanted[player])
    .map((player) => ({
      path: ['models', player, 'kind'],
      rule: `${JSON.stringify(wanted[player])} for dataset ${dataset.kind}`,
      value: models[player].kind,
      remedy: `set the whole section, --set models.${player}='{"kind":"${wanted[player]}"}'`,
    }));
}

const trainingsOf = ({ baselines, pretrain, contrast, featureNetwork }: Config) => [
  { path: ['pretrain'], training: pretrain },
  { path: ['contrast'], training: contrast },
  ...Object.entries(baselines).map(([name, training]) => ({ path: ['baselines', name], training })),
  { path: ['featureNetwork'], training: featureNetwork },
];

function flipBreaches(config: Config): Breach[] {
  return trainingsOf(config)
    .filter(({ training }) => training?.flips)
    .map(({ path }) => ({
      path: [...path, 'flips'],
      rule: 'false for points, which have no left and right',
      value: true,
      remedy: 'leave it out',
    }));
}

/** Parts of different sizes would need a graph each, and weights for their mean. */
function microBatchBreaches(config: Config): Breach[] {
  return trainingsOf(config).flatMap(({ path, training }) =>
    !training?.microBatch || training.batchSize % training.microBatch === 0
      ? []
      : [
          {
            path: [...path, 'microBatch'],
            rule: `a divisor of batchSize = ${training.batchSize}`,
            value: training.microBatch,
            remedy: 'choose a divisor, or null for the whole batch at once',
          },
        ],
  );
}

function imageBreaches({ baselines, models: { flow } }: Config, dataset: ImageDatasetConfig): Breach[] {
  const noise = (['nceStandard', 'nceMatched'] as const)
    .filter((name) => baselines[name] !== null)
    .map((name) => ({
      path: ['baselines', name],
      rule: 'null for images, which have no NCE baseline',
      value: baselines[name],
      remedy: 'set it to null',
    }));
  const [side] = imageShape(dataset);
  if (flow.kind !== 'image' || side % 2 ** flow.levels === 0) return noise;
  const most = Math.log2(side & -side); // how often 2 divides it
  return [
    ...noise,
    {
      path: ['models', 'flow', 'levels'],
      rule: `at most ${most}, for each level halves the ${side} x ${side} images`,
      value: flow.levels,
      remedy: `set it to ${most} or less`,
    },
  ];
}

function referenceBreaches({ baselines: { control }, pretrain, contrast }: Config): Breach[] {
  if (pretrain !== null) return [];
  const goingOn =
    control === null
      ? []
      : [
          {
            path: ['baselines', 'control'],
            rule: 'null where pretrain is null: the control goes on from the pretrained flow',
            value: control,
            remedy:
              'set it to null, or set the section pretrain, or give a pretrained flow with --initial-flow',
          },
        ];
  if (contrast.reference !== 'pretrained') return goingOn;
  return [
    ...goingOn,
    {
      path: ['contrast', 'reference'],
      rule: '"none" where pretrain is null',
      value: contrast.reference,
      remedy: 'set it to none, or set the section pretrain, or give a pretrained flow with --initial-flow',
    },
  ];
}

/** A flow can start from one place only. */
function doubleStartBreaches({ pretrain }: Config): Breach[] {
  if (pretrain === null) return [];
  return [
    {
      path: ['pretrain'],
      rule: 'null with --initial-flow, whose flow takes the place of a pretrained one',
      value: pretrain.method,
      remedy: 'set it with --set pretrain=null, or leave --initial-flow out',
    },
  ];
}

function pointStoppingBreaches({ contrast }: Config): Breach[] {
  if (contrast.stopping === null) return [];
  return [
    {
      path: ['contrast', 'stopping'],
      rule: 'null for points: the distance it goes by is one of images',
      value: contrast.stopping,
      remedy: 'set it to null; contrast.updates says how long to train',
    },
  ];
}

function valueRangeBreaches({ contrast: { stopping } }: Config): Breach[] {
  const range = stopping?.valueRange ?? null;
  if (range === null || range[0] < range[1]) return [];
  return [
    {
      path: ['contrast', 'stopping', 'valueRange'],
      rule: '[lowest, highest] with lowest < highest, of V in nats, which is never above 0',
      value: range,
      remedy: 'swap the two, or set it to null',
    },
  ];
}
