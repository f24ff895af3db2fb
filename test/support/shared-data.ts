/** Real data beside the checkout, which no test may need: `../shared/data`, or `$COUNTERFLOW_SHARED/data`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export const sharedData = (...parts: string[]): string => join(process.env['COUNTERFLOW_SHARED'] ?? '../shared', 'data', ...parts);

/** For the option `skip` of a test: says what is not here. */
export const skipWithout = (...paths: string[]): string | false => {
  const absent = paths.find((path) => !existsSync(path));
  return absent === undefined ? false : `${absent} is not here`;
};
