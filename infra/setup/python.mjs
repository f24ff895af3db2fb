// @ts-check
/** Python, where there is one: as a source of TensorFlow and as the way to pip. */
import { command, which } from './command.mjs';
import { messageOf, SetupError } from './setup-error.mjs';

export const python = () => which('python3') ?? which('python');

/** The Python whose pip can be used. Throws SetupError if there is none. @param {AbortSignal} signal */
export async function pythonWithPip(signal) {
  const found = python();
  if (!found) throw new SetupError('Python 3 is not on the PATH');
  await command(found, ['-m', 'pip', '--version'], { timeoutMs: 120_000, signal }).catch((error) => {
    throw new SetupError(`pip does not run: ${messageOf(error)}`);
  });
  return found;
}
