/** Errors of reading data. Each message names the file, the rule, the value and the remedy. */

/** A file is there and breaks a rule of its format. */
export class BadInputError extends Error {
  override readonly name = 'BadInputError';
}

/** A folder or file is not where it should be, or holds less than it should. */
export class MissingDataError extends Error {
  override readonly name = 'MissingDataError';
}
