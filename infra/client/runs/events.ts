/** What commands print with `--json` while a run or a sweep goes on: one JSON object a line. Fields are
 *  added, not renamed or removed. */
import { z } from 'zod';
import type { RunRecord } from '../../../activities/record/run-record.ts';

const at = z.iso.datetime().describe('when it was printed');

const step = z.object({
  name: z.string().describe('training, another activity, or a trial and what it is at'),
  phase: z.string(),
  attempt: z.int(),
  failure: z.string().nullable().describe('why the attempt before this one failed'),
  count: z.object({ done: z.number(), total: z.number() }).nullable(),
  perSecond: z.number().nullable(),
  silentSeconds: z
    .number()
    .optional()
    .describe('nothing was heard of it for so long: its worker may be gone'),
  metrics: z.record(z.string(), z.number()),
});

/** `subject`: the id that every line has. */
const underWay = <Subject extends z.ZodRawShape>(subject: Subject) =>
  [
    z.object({ event: z.literal('begun'), at, ...subject }),
    z.object({
      event: z.literal('progress'),
      at,
      ...subject,
      stage: z.string().nullable(),
      elapsedSeconds: z.number(),
      steps: z.array(step),
    }),
    z.object({
      event: z.literal('said'),
      at,
      ...subject,
      sentence: z
        .string()
        .describe('a decision of the pipeline, a worker started again, what else the worker goes on with'),
      before: z
        .literal(true)
        .optional()
        .describe('of a decision that the record had when the command began: said once, ahead of all others'),
    }),
  ] as const;

const failure = z
  .object({ sentence: z.string(), exitCode: z.int() })
  .optional()
  .describe('of what did not complete, or was left: why, and what the command exits with');

const warnings = z
  .array(
    z.object({
      what: z.string(),
      training: z.string().optional(),
      sentence: z.string(),
      details: z.record(z.string(), z.union([z.string(), z.number()])),
    }),
  )
  .optional()
  .describe('why figures are doubtful, as in the record; left out of what did not complete');

const spent = z.object({ updates: z.int(), batchSize: z.int() });

const budgets = z
  .object({
    equal: z.boolean(),
    sentence: z.string().nullable().describe('for people, where they are not equal'),
    trainings: z
      .array(
        spent.extend({
          training: z.string(),
          before: z
            .union([spent, z.literal('given'), z.null()])
            .describe('what its flow was trained for before'),
        }),
      )
      .readonly(),
    control: z
      .object({
        seconds: z.number(),
        contrastSeconds: z.number(),
        ratio: z.number(),
        alike: z.boolean().describe('within 10 %'),
        sentence: z.string(),
      })
      .nullable()
      .describe("time of updates beside the contrast's"),
  })
  .optional()
  .describe('what the compared models were trained for, as in the record; left out of what did not complete');

const run = z.string().describe('id of the run');

export const runEventSchema = z.discriminatedUnion('event', [
  ...underWay({ run }),
  z.object({
    event: z.literal('ended'),
    at,
    run,
    status: z.string(),
    results: z.unknown(),
    report: z.string().nullable().describe('path of report.html'),
    warnings,
    budgets,
    failure,
  }),
]);

export type RunEvent = z.infer<typeof runEventSchema>;

const sweep = z.string().describe('id of the sweep');

export const sweepEventSchema = z.discriminatedUnion('event', [
  ...underWay({ sweep }),
  z.object({
    event: z.literal('ended'),
    at,
    sweep,
    status: z.string(),
    trials: z.int().describe('that have ended'),
    failed: z.int(),
    best: z
      .object({
        trial: z.int(),
        run,
        value: z.number().describe('of the objective'),
        command: z.string().describe('makes it again'),
        seeds: z
          .array(z.int())
          .optional()
          .describe(
            'where seeds are swept: value is the mean over these of the best configuration, trial and run '
              + 'are of the first',
          ),
      })
      .nullable(),
    failure,
  }),
]);

export type SweepEvent = z.infer<typeof sweepEventSchema>;

/** What the event `ended` has of the record of a run that completed. */
export const doubtsIn = ({
  warnings = [],
  budgets,
}: Pick<Partial<RunRecord>, 'warnings' | 'budgets'>): Pick<
  Extract<RunEvent, { event: 'ended' }>,
  'warnings' | 'budgets'
> => ({ warnings: [...warnings], ...(budgets && { budgets }) });

export const now = (): string => new Date().toISOString();
