/** A folder for one test file, removed when its process ends: after every hook, whoever still writes there
 *  has been stopped by then. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders: string[] = [];
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `counterflow-${name}-`));
  folders.push(folder);
  return folder;
}
