/** How far a model's log-density is from the exact one. */
import { ShapeError } from '../core/errors.ts';

/** Mean of (log p_model(x) - log p(x))^2 over points x of the data, nats^2. The model's log-density is taken
 *  as it is, with its learned normaliser: no re-centring. A non-finite value gives a non-finite error. */
export function densityError(model: ArrayLike<number>, exact: ArrayLike<number>): number {
  if (model.length !== exact.length || model.length === 0) {
    throw new ShapeError(
      'Expected as many log-densities of the model as exact ones and at least one, got '
        + `${model.length} and ${exact.length}.`,
    );
  }
  let sum = 0;
  for (let i = 0; i < model.length; i++) sum += (model[i]! - exact[i]!) ** 2;
  return sum / model.length;
}
