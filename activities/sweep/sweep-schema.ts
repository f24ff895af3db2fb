/** A sweep as a file states it, checked with zod. What it leaves out has defaults here, with reasons. */
import { z } from 'zod';
import { parameterSchema } from '../../models/search/parameter.ts';
import { samplerSchema } from '../../models/search/sampler.ts';
import { mostAxes } from '../../models/search/sobol.ts';

export const halvingSchema = z.strictObject({
  kind: z.enum(['synchronous', 'asynchronous']).default('synchronous'),
  /** Below 1 a share of contrast.updates, from 1 on a number of them. */
  rungs: z.array(z.number().positive()).min(1),
  /** A third, as in Li et al. 2018, section 2, and Li et al. 2020. */
  keep: z
    .number()
    .gt(0)
    .lt(1)
    .default(1 / 3),
});

export const sweepFileSchema = z
  .strictObject({
    /** Null: the file's name. */
    name: z
      .string()
      .regex(
        /^[A-Za-z0-9][\w.-]*$/,
        'letters, digits, dots, dashes and underscores, the first a letter or digit',
      )
      .nullable()
      .default(null),
    experiment: z.string(),
    /** What all trials have, by path, as --set. */
    set: z.record(z.string(), z.json()).default({}),
    /** Of the updates of all trainings, as --scale, which goes over it; null: as the experiment has them. */
    scale: z.number().gt(0).max(100).nullable().default(null),
    /** By path. */
    parameters: z.record(z.string(), parameterSchema),
    sampler: samplerSchema.default({ kind: 'sobol' }),
    /** Null: all of a grid. */
    trials: z.int().min(1).max(100_000).nullable().default(null),
    /** Of the sampler; that of the runs is set as any other setting. */
    seed: z.int().min(0).default(1),
    objective: z.strictObject({
      metric: z.string().min(1),
      goal: z.enum(['minimise', 'maximise']).default('minimise'),
    }),
    halving: halvingSchema.nullable().default(null),
    /** Trials at once; null: as many as this machine has cores for. */
    concurrent: z.int().min(1).max(64).nullable().default(null),
    pricePerHour: z.number().positive().nullable().default(null),
  })
  .superRefine(checkSweep);

export type SweepFile = z.infer<typeof sweepFileSchema>;

function checkSweep(
  { parameters, sampler, trials, halving }: Omit<SweepFile, never>,
  context: z.RefinementCtx,
): void {
  const count = Object.keys(parameters).length;
  const refuse = (path: string[], message: string, input: unknown, remedy: string): void =>
    context.addIssue({ code: 'custom', path, message, input, params: { remedy } });
  if (count === 0)
    refuse(
      ['parameters'],
      'at least one path with what it may be',
      parameters,
      'name a setting to search, as in contrast.ebm.learningRate',
    );
  if (['sobol', 'tpe'].includes(sampler.kind) && count > mostAxes)
    refuse(
      ['parameters'],
      `at most ${mostAxes} paths for the sampler ${sampler.kind}`,
      count,
      'search fewer, or at random',
    );
  if (trials === null && sampler.kind !== 'grid')
    refuse(['trials'], `a whole number for the sampler ${sampler.kind}`, trials, 'say how many');
  const rungs = halving?.rungs ?? [];
  const mixed = rungs.some((rung) => rung < 1) && rungs.some((rung) => rung >= 1);
  const rising = rungs.every(
    (rung, i) => (i === 0 || rung > rungs[i - 1]!) && (rung < 1 || Number.isInteger(rung)),
  );
  if (mixed || !rising)
    refuse(
      ['halving', 'rungs'],
      'rising, all below 1 (shares of the updates) or all whole numbers (of updates)',
      rungs,
      'leave the last rung out: it is the whole training',
    );
}
