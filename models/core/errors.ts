/** Errors of the mathematics. Each message says the rule, the value and, where there is one, the remedy. */

/** A tensor's shape breaks a rule. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** A configuration's value breaks a rule that its schema cannot express. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Data that cannot be worked with: zero variance, too few samples, values out of range. */
export class DataError extends Error {
  override readonly name = 'DataError';
}

/** A function cannot be recorded: it reads values, uses outside randomness or a tensor nobody declared. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
}
