/** Path of the `temporal` program: the one given by the environment or found by set-up, else whatever the
 *  PATH has. */
import { setUpOrNull } from '../setup/setup-state.ts';

export function temporalProgram(): string {
  return process.env.COUNTERFLOW_TEMPORAL ?? setUpOrNull()?.temporal.path ?? 'temporal';
}
