import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inCheckout, packageFolder } from './checkout.mjs';

const versionIn = (folder: string): string =>
  (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;

/** Version of an installed package, without loading it. Read from its folder: not every package exports its
 *  package.json. */
export const packageVersion = (name: string): string => versionIn(packageFolder(name));

export const ownVersion: string = versionIn(inCheckout());
