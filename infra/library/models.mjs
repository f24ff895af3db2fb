// @ts-check
/** `import { glow, train, toOnnx } from 'counterflow/models'`: as the library, with TensorFlow in this very
 *  process. */
import { tsImport } from 'tsx/esm/api';
import { setUp } from '../setup/set-up.mjs';

await setUp(new AbortController());
await tsImport('../compute/load-tensorflow.ts', import.meta.url);

/** @type {typeof import('../../models/index.ts')} */
const models = await tsImport('../../models/index.ts', import.meta.url);
export const {
  vectorGlow,
  glow,
  denseEbm,
  convEbm,
  train,
  toOnnx,
  createFlow,
  createEbm,
  createToy,
  toyNames,
  EagerSession,
  DivergedError,
  ConfigError,
  ShapeError,
} = models;
