/** What a training can be configured to: maximum likelihood, noise contrastive estimation, flow contrastive
 *  estimation. */
import { z } from 'zod';
import { ebmSchema } from '../ebm/config.ts';
import { flowSchema, recomputeSchema } from '../flow/config.ts';
import { optimiserSchema, trainingFields } from '../training/config.ts';

const smoothing = z
  .number()
  .min(0)
  .lt(1)
  .describe('Decay of the running mean that is compared; 0 takes the last value alone.');

export const turnSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('accuracy'),
      threshold: z
        .number()
        .gt(0)
        .lt(1)
        .describe('The EBM moves while its accuracy is below this, else the flow.'),
      smoothing: smoothing.default(0),
    }),
    z.strictObject({
      kind: z.literal('ratio'),
      ebm: z.int().positive().describe('Moves of the EBM, one after another.'),
      flow: z.int().positive().describe('Moves of the flow after them.'),
    }),
    z.strictObject({
      kind: z.literal('value'),
      bound: z.number().lt(0).describe('The flow moves only while V is above this.'),
      smoothing: smoothing.default(0.9),
    }),
  ])
  .describe(
    `Whose move it is. accuracy: by the EBM's accuracy, the paper's rule. ratio: in turn, so many `
      + 'moves each. value: by V, which is -log 4 at equilibrium.',
  );

/** What every training has that takes gradients through a flow. */
const flowFields = {
  flow: optimiserSchema.describe("The flow's optimiser."),
  recompute: recomputeSchema.default('none'),
};

export const mleSchema = z.strictObject({ method: z.literal('mle'), ...trainingFields, ...flowFields });

/** More maximum likelihood from where the contrast began: what its time gives without it. */
export const controlSchema = mleSchema.extend({
  updates: z
    .int()
    .positive()
    .nullable()
    .default(null)
    .describe(
      `Updates in total. Null: as many as take the time of the contrast's. They are chosen once both `
        + 'speeds are measured, for a number that is right on one machine is wrong on another.',
    ),
});

export const nceSchema = z.strictObject({
  method: z.literal('nce'),
  ...trainingFields,
  ebm: optimiserSchema.describe("The EBM's optimiser."),
  noise: z
    .enum(['standard', 'matched'])
    .describe(
      "The Gaussian noise: standard is N(0, I), matched has the training data's mean and covariance.",
    ),
});

/** When the contrast of images ends early. V alone does not say whether samples get better: a flow that has
 *  found a hole of the EBM's lowers V and moves away from the data. So the averaged flow's samples are
 *  compared with images held out, before the first segment and after each, and the training's result is the
 *  flow that came closest, that which entered included. */
export const stoppingSchema = z.strictObject({
  patience: z
    .int()
    .positive()
    .describe(
      'The training ends after so many segments in a row without a smaller distance. Those of the '
        + "EBM's warm-up do not count.",
    ),
  heldOut: z
    .int()
    .min(2)
    .default(1000)
    .describe(
      'Images at the end of the training file that the contrast does not draw, and as many samples. '
        + '1000: two sets of real CIFAR-10 images are 0.033 from each other then, ones with 10 % less '
        + 'contrast 0.076. The pretraining draws them: what it favours is the start.',
    ),
  projections: z
    .int()
    .positive()
    .default(512)
    .describe(
      'Patches are projected on so many directions, as Karras et al. 2018; they are shared out among '
        + 'the scales.',
    ),
  valueRange: z
    .tuple([z.number(), z.number()])
    .nullable()
    .default(null)
    .describe(
      `[lowest, highest]: the training ends where a segment's mean V leaves it, and that segment's `
        + `flow does not count. Near 0 the EBM tells everything apart and the flow's gradient says no `
        + 'more; far below -log 4 the EBM has lost its place. Null: V ends nothing.',
    ),
});

export const fceSchema = z.strictObject({
  method: z.literal('fce'),
  ...trainingFields,
  ...flowFields,
  ebm: optimiserSchema.describe("The EBM's optimiser."),
  turn: turnSchema,
  ebmWarmupUpdates: z
    .int()
    .min(0)
    .default(0)
    .describe(
      "The EBM alone moves for the first so many updates, so that the flow's first move has "
        + 'something to learn from.',
    ),
  objective: z
    .enum(['value', 'non-saturating'])
    .default('value')
    .describe(
      `What the flow descends. \`value\`: V, the paper's. \`non-saturating\`: -E_z[log `
        + 'sigmoid(u(g(z)))], which keeps its gradient where the EBM tells samples with certainty, as it '
        + 'soon does on images (Goodfellow et al. 2014, section 3).',
    ),
  paths: z
    .enum(['all', 'sample'])
    .default('all')
    .describe(
      `The paths of the flow's gradient. \`all\`: the paper's three. \`sample\`: through the sample `
        + 'g(z) alone. Of V those through the parameters of log q cancel in expectation for the optimal '
        + 'EBM, and on images their noise is a hundred times the rest. Of the stand-in the one there is '
        + 'does not cancel, though it too vanishes where the EBM is certain of the samples: without it '
        + `the step is that of a GAN's generator with sigmoid(u) held.`,
    ),
  maxLogProbShift: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe(
      'How far one step of the flow may move log q: root mean square over a batch of data, nats. A '
        + 'longer step is shortened; null sets no limit.',
    ),
  lambda: z
    .number()
    .min(0)
    .default(0)
    .describe("Weight of a likelihood term in the flow's step; 0 is the paper's form."),
  reference: z
    .enum(['none', 'pretrained'])
    .default('none')
    .describe(
      "`none`: f is a network, the paper's form. `pretrained`: f(x) = log q0(x) + r(x) with q0 the "
        + 'flow that entered, frozen.',
    ),
  stopping: stoppingSchema
    .nullable()
    .default(null)
    .describe(
      'Early stopping, of images only; null: all updates are made, and the last checkpoint is the result.',
    ),
});

export const modelsSchema = z.strictObject({ flow: flowSchema, ebm: ebmSchema });

export type TurnConfig = z.infer<typeof turnSchema>;

export type MleConfig = z.infer<typeof mleSchema>;

export type ControlConfig = z.infer<typeof controlSchema>;

export type NceConfig = z.infer<typeof nceSchema>;

export type FceConfig = z.infer<typeof fceSchema>;

export type ModelsConfig = z.infer<typeof modelsSchema>;
