/** A folder for one test file, removed when its tests are over. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `counterflow-${name}-`));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
