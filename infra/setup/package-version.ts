import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);
const versionIn = (file: string | URL): string =>
  (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;

/** Version of an installed package, without loading it. Read from its folder, wherever it lies: not every
 *  package exports its package.json. */
export function packageVersion(name: string): string {
  const file = require.resolve
    .paths(name)!
    .map((folder) => join(folder, name, 'package.json'))
    .find((path) => existsSync(path));
  if (file === undefined)
    throw new Error(
      `Expected the package ${name} to be installed, but it is in none of the folders that Node looks in.`,
    );
  return versionIn(file);
}

export const ownVersion: string = versionIn(new URL('../../package.json', import.meta.url));
