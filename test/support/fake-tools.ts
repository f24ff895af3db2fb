/** Programs that are not what they seem: scripts in a folder of their own that set-up finds on the PATH. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach } from 'node:test';
import { which } from '../../infra/setup/command.mjs';

/** Gives each test an empty cache and a PATH that leads to `real` programs of this machine and to what `fake`
 *  adds. */
export function useFakeTools(...real: string[]) {
  const root = mkdtempSync(join(tmpdir(), 'counterflow-setup-'));
  const found = ['sh', 'cat', ...real].map((name) => ({ name, path: which(name) }));
  let number = 0;
  let bin = '';
  beforeEach(() => {
    const folder = join(root, `${(number += 1)}`);
    bin = join(folder, 'bin');
    mkdirSync(bin, { recursive: true });
    for (const { name, path } of found) if (path) symlinkSync(path, join(bin, name));
    process.env.PATH = bin;
    process.env.COUNTERFLOW_CACHE = join(folder, 'cache');
  });
  after(() => rmSync(root, { recursive: true }));
  return {
    /** A program `name` that runs a shell script. */
    fake(name: string, script: string): void {
      rmSync(join(bin, name), { force: true });
      writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    },
  };
}
