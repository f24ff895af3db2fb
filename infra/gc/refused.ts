/** Nothing is removed, because what is needed cannot be said. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}
