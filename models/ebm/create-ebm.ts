/** An energy-based model from its configuration. */
import { ShapeError } from '../core/errors.ts';
import type { EbmConfig } from './config.ts';
import { convEbm } from './conv-ebm.ts';
import { denseEbm } from './dense-ebm.ts';
import type { Ebm } from './ebm.ts';

/** An EBM for data of `shape`: [dim] or [H, W, C]. Throws ShapeError where the configured kind does not fit
 *  it. */
export function createEbm(config: EbmConfig, shape: readonly number[]): Ebm {
  if (config.kind === 'dense' && shape.length === 1) return denseEbm(config, shape[0]!);
  if (config.kind === 'conv' && shape.length === 3) return convEbm(config, shape as [number, number, number]);
  const expected =
    config.kind === 'dense' ? '[dim] for the dense EBM' : '[H, W, C] for the convolutional EBM';
  throw new ShapeError(
    `Expected data of shape ${expected}, got [${shape}]. Choose the EBM's kind to fit the data set.`,
  );
}
