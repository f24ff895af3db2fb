/** The configuration of an experiment, checked with zod. Workflows see only the types. */
import type { z } from 'zod';
import { checkCombination } from './config-rules.ts';
import { experimentSectionsSchema, type evaluationSchema } from './experiment-sections.ts';

/** The sections, and what they must be to each other. */
export const experimentConfigSchema = experimentSectionsSchema.superRefine((config, context) =>
  checkCombination(config, context, false),
);

const givenFlowConfigSchema = experimentSectionsSchema.superRefine((config, context) =>
  checkCombination(config, context, true),
);

/** Of a run: one that starts from a given flow (--initial-flow) can do without a pretraining what others need
 *  one for. */
export const configSchemaOf = ({
  flowGiven,
}: {
  readonly flowGiven: boolean;
}): typeof experimentConfigSchema => (flowGiven ? givenFlowConfigSchema : experimentConfigSchema);

export type EvaluationConfig = z.infer<typeof evaluationSchema>;

export type ExperimentConfig = z.infer<typeof experimentConfigSchema>;

export type { ControlConfig, FceConfig, MleConfig, NceConfig } from '../../models/fce/config.ts';
export type { TrainingConfig } from '../../models/training-schema.ts';
