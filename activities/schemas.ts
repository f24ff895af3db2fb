/** The configuration of an experiment, checked with zod. Workflows see only the types (`contracts.ts`). */
import { z } from 'zod';
import { ebmSchema } from '../models/ebm/config.ts';
import { fceSchema, mleSchema, nceSchema } from '../models/fce/config.ts';
import { flowSchema } from '../models/flow/config.ts';
import { checkCombination } from './config-rules.ts';

export const toyDatasetSchema = z.strictObject({
  kind: z.literal('toy'),
  density: z.enum(['eight-gaussians', 'pinwheel', 'spiral']),
  trainCount: z.int().positive().default(500_000),
  testCount: z.int().positive().default(20_000),
});

export const cifar10DatasetSchema = z.strictObject({
  kind: z.literal('cifar10'),
  /** Accept fewer images than the official 50,000 + 10,000; the record and the report then say so. */
  allowPartial: z.boolean().default(false),
});

export const datasetSchema = z.discriminatedUnion('kind', [toyDatasetSchema, cifar10DatasetSchema]);

export const evaluationSchema = z.strictObject({
  /** 2-D: side of the square the densities are drawn and integrated on, [-extent, extent]^2, and cells along it. */
  extent: z.number().positive().default(6),
  gridSize: z.int().min(16).default(256),
  /** Images: flow samples for the Frechet distance and the sample grid; batch of the feature network. */
  samples: z.int().positive().default(2000),
  gridSamples: z.int().positive().default(64),
  temperature: z.number().positive().default(1),
  /** Images: further grids, from the same latents. Below 1 samples are cleaner and less varied than the model's. */
  temperatures: z.array(z.number().positive()).default([0.7, 0.85, 1]),
  /** Images: flow samples for an EBM's normaliser by importance sampling, always at temperature 1. */
  importanceSamples: z.int().min(2).default(2000),
  batchSize: z.int().positive().default(100),
});

export const computeSchema = z.strictObject({
  /** Threads of one training's compute process; part of every key, for sums depend on it. 0: all cores. */
  threads: z.int().min(0).default(0),
});

/** Each section by itself. */
export const experimentSectionsSchema = z.strictObject({
  seed: z.int().min(0).default(1),
  dataset: datasetSchema,
  models: z.strictObject({ flow: flowSchema, ebm: ebmSchema }),
  /** Trained beside the main line, for comparison. */
  baselines: z.strictObject({
    flowMle: mleSchema.nullable().default(null),
    nceStandard: nceSchema.nullable().default(null),
    nceMatched: nceSchema.nullable().default(null),
  }).prefault({}),
  /** Maximum-likelihood training of the flow before the contrast; null starts the contrast from random weights. */
  pretrain: mleSchema.nullable().default(null),
  contrast: fceSchema,
  evaluation: evaluationSchema.prefault({}),
  compute: computeSchema.prefault({}),
});

/** The sections, and what they must be to each other. */
export const experimentConfigSchema = experimentSectionsSchema.superRefine(checkCombination);
