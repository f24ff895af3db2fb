/** Temporal cannot be reached or started. The message is one sentence with the remedy. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
}
