import { readFileSync } from 'node:fs';

const versionIn = (file: string): string => (JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as { version: string }).version;

/** Version of an installed package, without loading it. Read from its folder: not every package exports its package.json. */
export const packageVersion = (name: string): string => versionIn(`../node_modules/${name}/package.json`);

export const ownVersion = versionIn('../../package.json');
