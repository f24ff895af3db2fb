/** What flags, environment and configuration file say of a Temporal server cannot be used. The message is one
 *  sentence with the remedy, and without secrets. */
export class ServerConfigError extends Error {
  override readonly name = 'ServerConfigError';
}
