// @ts-check
/** npm's packages: installed with scripts off, exactly as the lockfile says, and only when they are not
 *  already. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inCheckout, isInstalledPackage, packageFolder } from './checkout.mjs';
import { command, which } from './command.mjs';
import { during, say } from './progress.mjs';
import { SetupError } from './setup-error.mjs';

/** @typedef {Record<string, { version?: string, integrity?: string, optional?: boolean }>} Packages */

/** @param {string} file @returns {Packages | null} */
function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return null;
  }
}

/** Whether `installed` (what npm noted in node_modules) is what `wanted` (the lockfile) asks for. Optional
 *  packages may be absent: they are for other platforms.
 *  @param {Packages} wanted
 *  @param {Packages} installed */
export function packagesMatch(wanted, installed) {
  const same = (/** @type {string} */ name) =>
    wanted[name]?.version === installed[name]?.version
    && wanted[name]?.integrity === installed[name]?.integrity;
  const missing = Object.keys(wanted).find(
    (name) => name !== '' && !(name in installed ? same(name) : wanted[name]?.optional),
  );
  const foreign = Object.keys(installed).find((name) => !(name in wanted));
  return missing === undefined && foreign === undefined;
}

/** Whether every package that ours names is there, in the version that it names. */
function dependenciesAreThere() {
  const { dependencies } = JSON.parse(readFileSync(inCheckout('package.json'), 'utf8'));
  return Object.entries(dependencies).every(([name, version]) => {
    try {
      const file = join(packageFolder(name), 'package.json');
      return JSON.parse(readFileSync(file, 'utf8')).version === version;
    } catch {
      return false;
    }
  });
}

export function packagesAreInstalled() {
  if (isInstalledPackage) return dependenciesAreThere();
  const wanted = packagesOf(inCheckout('package-lock.json'));
  const installed = packagesOf(inCheckout('node_modules', '.package-lock.json'));
  return wanted !== null && installed !== null && packagesMatch(wanted, installed);
}

/** @param {AbortSignal} signal */
export async function installPackages(signal) {
  if (packagesAreInstalled()) return;
  if (isInstalledPackage)
    throw new SetupError(
      'Expected the packages that counterflow depends on beside it, in the versions that it names. Install it '
        + 'again: npm install --ignore-scripts counterflow.',
    );
  if (!which('npm'))
    throw new SetupError(
      'npm is not on the PATH; it comes with Node: install Node from its official packages.',
    );
  say('npm packages: installing what package-lock.json lists');
  const install = command('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: inCheckout(),
    timeoutMs: 900_000,
    signal,
  });
  await during('npm packages', install).catch((error) => {
    if (signal.aborted) throw error;
    throw new SetupError(
      `npm packages could not be installed: ${error.message} Check the network and the disk, then run the command again.`,
    );
  });
  say('npm packages: installed');
}
