// @ts-check
/** All that a clone needs before it can work: packages, TensorFlow, its binding, Temporal. Found, downloaded
 *  or built; skipped when there. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { checkCompiler, provideBinding, sha256OfFile } from './binding.mjs';
import { cached, cacheRoot, clearTemporary, makeCacheRoot } from './cache.mjs';
import { inCheckout, manifestFile } from './checkout.mjs';
import { withLock } from './lock.mjs';
import { installPackages, packagesAreInstalled } from './packages.mjs';
import { checkPlatform, hasGpu } from './platform.mjs';
import { say, secondsSinceStart } from './progress.mjs';
import { SetupError } from './setup-error.mjs';
import { provideTemporal } from './temporal.mjs';
import { librariesAreWhole } from './tensorflow-library.mjs';
import { provideTensorFlow } from './tensorflow.mjs';

/** What set-up found, for the rest of the program (read by `native.ts`).
 *  @typedef {{ fingerprint: string, tensorflow: import('./tensorflow-library.mjs').TensorFlow, binding: import('./binding.mjs').Binding, temporal: import('./temporal.mjs').Temporal }} Manifest */

/** Changes when another set-up is called for: other pins, another binding, a GPU that came or went. */
function fingerprint() {
  const pins = ['pins.mjs', 'tensorflow-cpu.txt', 'tensorflow-gpu.txt', 'session-options.h'].map((name) =>
    readFileSync(inCheckout('infra', 'setup', name), 'utf8'),
  );
  return createHash('sha256')
    .update(JSON.stringify([pins, hasGpu()]))
    .digest('hex');
}

/** null where there is none, and where a power cut left half of one. @returns {Manifest | null} */
function readManifest() {
  try {
    return JSON.parse(readFileSync(manifestFile, 'utf8'));
  } catch {
    return null;
  }
}

/** The manifest of an earlier set-up if all it names is still there. @returns {Manifest | null} */
export function validManifest() {
  const manifest = readManifest();
  if (manifest === null || !packagesAreInstalled()) return null;
  const holds =
    manifest.fingerprint === fingerprint()
    && existsSync(manifest.temporal.path)
    && librariesAreWhole(manifest.tensorflow.libraries)
    && existsSync(manifest.binding.path)
    && sha256OfFile(manifest.binding.path) === manifest.binding.sha256;
  return holds ? manifest : null;
}

/** @param {Manifest} manifest */
function writeManifest(manifest) {
  mkdirSync(dirname(manifestFile), { recursive: true });
  const temporary = `${manifestFile}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(manifest, null, 2)}\n`);
  renameSync(temporary, manifestFile);
}

/** The parts that do not need each other at the same time; the first failure stops the rest.
 *  @param {AbortController} stop */
async function provide(stop) {
  const { signal } = stop;
  const packages = installPackages(signal);
  const tensorflow = provideTensorFlow(hasGpu(), signal);
  const binding = Promise.all([tensorflow, packages]).then(([found]) => provideBinding(found, signal));
  const parts = /** @type {const} */ ([tensorflow, binding, provideTemporal(signal)]);
  try {
    const [foundTensorFlow, foundBinding, foundTemporal] = await Promise.all(parts);
    writeManifest({
      fingerprint: fingerprint(),
      tensorflow: foundTensorFlow,
      binding: foundBinding,
      temporal: foundTemporal,
    });
  } catch (error) {
    stop.abort();
    await Promise.allSettled([packages, ...parts]);
    throw error;
  }
}

/** Sets up what is missing and returns the seconds it took. Throws SetupError with one clear sentence.
 *  @param {AbortController} [stop] ends set-up early when aborted */
export async function setUp(stop = new AbortController()) {
  checkPlatform(process);
  if (validManifest()) return secondsSinceStart();
  say(`Setting up Counterflow (cache: ${cacheRoot()})`);
  try {
    makeCacheRoot();
  } catch {
    throw new SetupError(
      `The cache folder ${cacheRoot()} cannot be written. Set COUNTERFLOW_CACHE to one that can.`,
    );
  }
  await withLock(cached('set-up.lock'), stop.signal, async () => {
    if (validManifest()) return;
    checkCompiler();
    clearTemporary();
    await provide(stop);
  });
  say('Set-up is complete');
  return secondsSinceStart();
}
