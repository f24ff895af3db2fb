/** A gradient held against differences of the function itself, along random directions. */
import assert from 'node:assert/strict';
import { gradientOf, type LossFunction } from '../../models/training/gradient.ts';
import { layoutSize, type Params, type ParamSpec } from '../../models/core/params.ts';
import { normal } from '../../models/core/random.ts';
import { tf } from '../../models/core/tensors.ts';

/** `objective` at weights drawn around 0; `relative` to the slope, or to `floor` where it is smaller. */
export function assertGradient(
  specs: readonly ParamSpec[],
  objective: (params: Params) => LossFunction,
  { relative = 5e-3, floor = 0.1, step = 1e-2, spread = 0.3 } = {},
): void {
  const draw = (stream: string, std: number): Float32Array => {
    const next = normal(3, stream);
    return Float32Array.from({ length: layoutSize(specs) }, () => std * next());
  };
  const at = (theta: Float32Array): { loss: number; gradient: Float32Array } =>
    tf.tidy(() => {
      const { gradient, aux } = gradientOf(specs, tf.tensor1d(theta), (params) => {
        const { loss } = objective(params);
        return { loss, aux: { loss } };
      });
      return { loss: aux.loss!.dataSync()[0]!, gradient: gradient.dataSync() as Float32Array };
    });
  const theta = draw('theta', spread);
  const { gradient } = at(theta);
  for (let k = 0; k < 6; k++) {
    const direction = draw(`direction ${k}`, 1);
    const length = Math.hypot(...direction);
    const beside = (sign: number): number =>
      at(theta.map((t, i) => t + (sign * step * direction[i]!) / length)).loss;
    const numeric = (beside(1) - beside(-1)) / (2 * step);
    const exact = gradient.reduce((sum, g, i) => sum + (g * direction[i]!) / length, 0);
    assert.ok(
      Math.abs(numeric - exact) < relative * Math.max(floor, Math.abs(exact)),
      `direction ${k}: numeric ${numeric}, gradient ${exact}`,
    );
  }
}
