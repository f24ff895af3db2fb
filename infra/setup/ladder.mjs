// @ts-check
/** A ladder: ways to provide one thing, tried in order of preference until one holds. */
import { say } from './progress.mjs';
import { messageOf, SetupError } from './setup-error.mjs';

/** One way. `attempt` returns the thing; null or an error with the reason moves on to the next.
 *  @template T @typedef {{ name: string, attempt: (signal: AbortSignal) => Promise<T | null> }} Rung */

/** @template T
 *  @param {string} what
 *  @param {readonly Rung<T>[]} rungs
 *  @param {string} remedy
 *  @param {AbortSignal} signal
 *  @returns {Promise<T>} */
export async function climb(what, rungs, remedy, signal) {
  const reasons = [];
  for (const { name, attempt } of rungs) {
    try {
      const found = await attempt(signal);
      if (found) return found;
    } catch (error) {
      if (signal.aborted) throw error;
      say(`${what}: ${name}: ${messageOf(error)}`);
      reasons.push(`${name}: ${messageOf(error).replace(/\.$/, '')}`);
    }
  }
  throw new SetupError(`${what} could not be provided (${reasons.join('; ') || 'nothing found'}). ${remedy}`);
}
