// @ts-check

/** Something set-up needs is missing; the message says what, why, and what to do. Shown to the user without a
 *  stack. */
export class SetupError extends Error {
  /** @override */
  name = 'SetupError';
}

/** @param {unknown} error */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error));
