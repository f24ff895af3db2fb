/** Gives large arrays back at once. V8 sees only their small handles, and would keep a large model's weights
 *  beside the variables for minutes. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Below, a collection costs more than it gives. */
const worthwhileBytes = 64 * 2 ** 20;

let collect: (() => void) | null = null;

/** Collects JavaScript's garbage where `bytes` of arrays have just become some. */
export function collectGarbage(bytes: number): void {
  if (bytes < worthwhileBytes) return;
  setFlagsFromString('--expose-gc');
  collect ??= runInNewContext('gc') as () => void;
  collect();
}
