/** What set-up found, for the parts that can do without it: null where TensorFlow and Temporal were put in
 *  place by hand. */
import { readNative, type Native } from './native.ts';
import { SetupError } from './setup-error.mjs';

export function setUpOrNull(): Native | null {
  try {
    return readNative();
  } catch (error) {
    if (error instanceof SetupError) return null;
    throw error;
  }
}
