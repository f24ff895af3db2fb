/** Over how many positions of one datum a per-channel map is repeated. */
import type { Tensor } from '../core/tensors.ts';

/** H * W of [B, H, W, C], 1 of [B, C]. */
export const positions = (x: Tensor): number => x.shape.slice(1, -1).reduce((a, b) => a * b, 1);
