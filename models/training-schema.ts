/** Every training there is, by its `method`. Those with a section `model` of their own take nothing from the
 *  section `models`. */
import { z } from 'zod';
import { classifierSchema } from './classifier/config.ts';
import { ganSchema } from './gan/config.ts';
import { vaeSchema } from './vae/config.ts';
import { fceSchema, mleSchema, nceSchema } from './fce/config.ts';

export const trainingSchema = z.discriminatedUnion('method', [
  mleSchema,
  nceSchema,
  fceSchema,
  vaeSchema,
  ganSchema,
  classifierSchema,
]);
export type TrainingConfig = z.infer<typeof trainingSchema>;
