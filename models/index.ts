/** `import { glow, convEbm, train, toOnnx } from 'counterflow/models'`: the models without the pipeline. */
import type { z } from 'zod';
import { checked } from './core/checked.ts';
import { convEbmSchema, denseEbmSchema, type EbmConfig } from './ebm/config.ts';
import { imageGlowSchema, vectorGlowSchema, type FlowConfig } from './flow/config.ts';

type OptionsOf<Schema extends z.ZodType> = Omit<z.input<Schema>, 'kind'>;

/** A Glow flow for points [D]. Throws ConfigError. */
export const vectorGlow = (options: OptionsOf<typeof vectorGlowSchema> = {}): FlowConfig =>
  checked(vectorGlowSchema, { kind: 'vector', ...options });

/** A Glow flow for images [H, W, C]. Throws ConfigError. */
export const glow = (options: OptionsOf<typeof imageGlowSchema> = {}): FlowConfig =>
  checked(imageGlowSchema, { kind: 'image', ...options });

/** An energy-based model of points [D]. Throws ConfigError. */
export const denseEbm = (options: OptionsOf<typeof denseEbmSchema> = {}): EbmConfig =>
  checked(denseEbmSchema, { kind: 'dense', ...options });

/** An energy-based model of images [H, W, C]. Throws ConfigError. */
export const convEbm = (options: OptionsOf<typeof convEbmSchema> = {}): EbmConfig =>
  checked(convEbmSchema, { kind: 'conv', ...options });

export { toOnnx, train, type Trained, type TrainingSettings, type TrainOptions } from './train.ts';
export { DivergedError } from './training/divergence.ts';
export { ConfigError, ShapeError } from './core/errors.ts';
export { createFlow } from './flow/flow.ts';
export { createEbm } from './ebm/create-ebm.ts';
export { createToy, toyNames } from './toy/toy-density.ts';
export { EagerSession } from './graph/eager-session.ts';
export type { Flow } from './flow/bijection.ts';
export type { Ebm } from './ebm/ebm.ts';
export type { ToyDensity } from './toy/density.ts';
