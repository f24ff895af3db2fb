/** Settings that every training has, whatever its method. */
import { z } from 'zod';

/** One player's optimiser. The learning rate is warmed up linearly, then decays as `decay` says over the
 *  training's updates. */
export const optimiserSchema = z.strictObject({
  algorithm: z
    .enum(['adam', 'adamax'])
    .default('adam')
    .describe(
      'adamax is for the flow of images, as the paper is recalled (unconfirmed); its steps are '
        + 'bounded by the learning rate, but for a percent.',
    ),
  learningRate: z.number().positive().describe('Step of the optimiser, before warm-up and decay.'),
  beta1: z.number().min(0).lt(1).default(0.9).describe("Decay of the gradients' running mean."),
  beta2: z
    .number()
    .min(0)
    .lt(1)
    .default(0.999)
    .describe('Decay of the running mean of their squares (of their largest size, under adamax).'),
  epsilon: z
    .number()
    .positive()
    .default(1e-8)
    .describe('Added to the denominator of a step, so that none is divided by zero.'),
  clipNorm: z
    .number()
    .positive()
    .nullable()
    .default(1)
    .describe('Gradients are scaled to at most this global L2 norm; null leaves them as they are.'),
  warmupUpdates: z
    .int()
    .min(0)
    .default(0)
    .describe('The learning rate rises linearly over the first so many updates.'),
  decay: z
    .enum(['none', 'cosine', 'linear'])
    .default('cosine')
    .describe("How the learning rate falls over the training's updates, after warm-up."),
});

/** When a training counts as diverged. A non-finite value always does. */
export const divergenceSchema = z.strictObject({
  maxValue: z
    .number()
    .positive()
    .default(1e5)
    .describe('A larger |V| is a divergence (for maximum likelihood: |loss| per dimension, nats).'),
  maxValueGrowth: z
    .number()
    .positive()
    .nullable()
    .default(10)
    .describe(
      `How far V (or the loss), and the flow's mean log q on data, may be from the median of their `
        + 'last values, in multiples of 1 + |median|, nats; null switches the rule off. In healthy '
        + 'trainings ten in a row were within 0.8 (V) and 1.4 (log q); at rates far too high V left 10 '
        + 'at once.',
    ),
  minFirstLogProb: z
    .number()
    .negative()
    .nullable()
    .default(-5)
    .describe(
      'Smallest mean log q on data, nats per dimension, that a flow may begin with: below, it is '
        + 'lost, and no contrast would find it again. Flows began with -2 and more (a Gaussian fitted to '
        + 'the data has about as much), ones that a contrast could not mend with -8.7 and less. Null '
        + 'switches the rule off.',
    ),
  maxGradNormGrowth: z
    .number()
    .gt(1)
    .nullable()
    .default(100)
    .describe(
      `How many times the median of its last values a player's gradient norm may be; null switches `
        + `the rule off. In healthy trainings single ones were 9,000 times as large (the paper's own `
        + 'form), ten in a row 9 times (a flow of images as it warms up; else 5).',
    ),
  growthUpdates: z
    .int()
    .positive()
    .default(10)
    .describe(
      'So many updates in a row (of a norm: of those of that player) beyond such a bound are a '
        + `divergence, fewer are chance: the paper's own form made good five at V = -500. A norm is held `
        + `against no fewer values: a flow's first gradient was a hundredth of what came after. In the `
        + 'last update of a training one is enough: none follows that could tell.',
    ),
  growthWindow: z
    .int()
    .positive()
    .default(50)
    .describe('The median is taken of so many values; those out of range do not count.'),
  stuckAccuracyUpdates: z
    .int()
    .positive()
    .nullable()
    .default(200)
    .describe(
      'Accuracy at 0 or 1 for this many updates in a row: nothing is left to learn from; null '
        + 'switches the rule off. 200: a flow pretrained for a moment was told apart without an error in '
        + '17 batches in a row, and its contrast went well.',
    ),
  stuckAccuracyMargin: z
    .number()
    .min(0)
    .lt(0.5)
    .default(0)
    .describe('What is no further than this from 0 or 1 counts as 0 or 1.'),
  maxSample: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe(
      'A larger |x| of a sample, of a flow that has moved, is a divergence; null switches the rule off.',
    ),
  maxSampleGrowth: z
    .number()
    .gte(1)
    .default(4)
    .describe(
      `Where the flow's samples went further than maxSample / maxSampleGrowth before its first move, `
        + 'this many times that is the bound.',
    ),
});

/** What the workflow does about divergence. */
export const recoverySchema = z.strictObject({
  maxRollbacks: z
    .int()
    .min(0)
    .default(3)
    .describe('How often a diverged training goes back to a good checkpoint before it gives up.'),
  learningRateFactor: z
    .number()
    .gt(0)
    .lte(1)
    .default(0.5)
    .describe('Every rollback multiplies both learning rates by this.'),
});

/** Which checkpoints stay on the disk while a training goes on; nothing that is computed depends on it.
 *  Others stay beside these: those that a rollback, early stopping or another run may need
 *  (workflows/training/kept-checkpoints.ts). */
export const checkpointsSchema = z.strictObject({
  keep: z
    .int()
    .refine((keep) => keep >= 1, {
      message: 'at least 1',
      params: { remedy: 'with 1 the last one alone is kept, and a training goes on from that' },
    })
    .default(2)
    .describe(
      'The last so many stay. Two: where one is damaged, the training goes on from the one before. '
        + `At the paper's size each has 705 MB, and 200 are written.`,
    ),
  every: z
    .int()
    .refine((every) => every >= 1, { message: 'at least 1', params: { remedy: 'null keeps none of them' } })
    .nullable()
    .default(null)
    .describe(
      'Every n-th stays for good, for a look at how a training came about. Null: none does, for '
        + 'nothing else needs them.',
    ),
});

/** What every training has. */
export const trainingFields = {
  updates: z.int().positive().describe("Updates in total; for FCE both players' updates counted together."),
  batchSize: z.int().positive().describe('Data (and noise) in one update.'),
  microBatch: z
    .int()
    .positive()
    .nullable()
    .default(null)
    .describe(
      'Where memory is short, so many data are computed at a time, a divisor of batchSize; the '
        + 'gradient is the same to rounding. Null: all at once.',
    ),
  shards: z
    .int()
    .positive()
    .nullable()
    .default(null)
    .describe(
      'Shares of a batch (or of a micro-batch) that are computed side by side, each op on one '
        + 'thread; the gradient is the same to rounding. Null: for images as many as the training has '
        + 'threads, else one.',
    ),
  segments: z
    .int()
    .min(10)
    .default(20)
    .describe('The training is cut into so many segments, ten at least, and each ends with a checkpoint.'),
  averaging: z
    .number()
    .min(0)
    .lt(1)
    .default(0.998)
    .describe(
      'Exponential average of the weights, the ones that are evaluated: avg <- decay * avg + (1 - '
        + 'decay) * theta; 0 switches it off.',
    ),
  flips: z.boolean().default(false).describe('Whether images are flipped horizontally at random.'),
  divergence: divergenceSchema.prefault({}).describe('When a training counts as diverged.'),
  recovery: recoverySchema.prefault({}).describe('What is done about divergence.'),
  checkpoints: checkpointsSchema
    .prefault({})
    .describe('Which checkpoints stay on the disk while the training goes on.'),
  logEvery: z.int().positive().default(50).describe('One line of metrics is kept every so many updates.'),
  probeEvery: z
    .int()
    .positive()
    .default(250)
    .describe(
      'Every so many updates the averaged weights are scored on held-out points, where their '
        + 'log-density is known.',
    ),
};

/** The settings themselves, of a training of any method. */
export type CommonConfig = z.infer<z.ZodObject<typeof trainingFields>>;
export type OptimiserConfig = z.infer<typeof optimiserSchema>;

export type DivergenceConfig = z.infer<typeof divergenceSchema>;

export type CheckpointsConfig = z.infer<typeof checkpointsSchema>;
