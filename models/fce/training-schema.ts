/** Every training there is, by its `method`. */
import { z } from 'zod';
import { fceSchema, mleSchema, nceSchema } from './config.ts';

export const trainingSchema = z.discriminatedUnion('method', [mleSchema, nceSchema, fceSchema]);
export type TrainingConfig = z.infer<typeof trainingSchema>;
