/** Real data beside the checkout, which no test may need: `../shared/data`, or `$COUNTERFLOW_SHARED/data`;
 *  and files that people have, in `cases` beside it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const shared = (...parts: string[]): string =>
  join(process.env['COUNTERFLOW_SHARED'] ?? '../shared', ...parts);
export const sharedData = (...parts: string[]): string => shared('data', ...parts);
export const sharedCase = (...parts: string[]): string => shared('cases', ...parts);

/** For the option `skip` of a test: says what is not here. */
export const skipWithout = (...paths: string[]): string | false => {
  const absent = paths.find((path) => !existsSync(path));
  return absent === undefined ? false : `${absent} is not here`;
};
