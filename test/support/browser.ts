/** A browser for tests of the local page: one that is installed here, or a reason why there is none. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** COUNTERFLOW_CHROMIUM, else one on the PATH. */
function executable(): string | null {
  const onPath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)));
  return [process.env['COUNTERFLOW_CHROMIUM'] ?? '', ...onPath].find(isExecutable) ?? null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return file !== '';
  } catch {
    return false;
  }
}

/** For `describe(..., { skip })`. */
export const noBrowser: string | false =
  executable() === null ? 'no Chromium: install one, or name it in COUNTERFLOW_CHROMIUM' : false;

/** Pages of ours need no sandbox, and containers have none to give. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: executable()!, args: ['--no-sandbox'] });
