// @ts-check
/** The cache outside the checkout: `$COUNTERFLOW_CACHE`, else `$XDG_CACHE_HOME/counterflow`, else
 *  `~/.cache/counterflow`. A folder in it is whole or absent: it is filled beside its place and renamed into
 *  it. */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

export function cacheRoot() {
  const { COUNTERFLOW_CACHE, XDG_CACHE_HOME } = process.env;
  if (COUNTERFLOW_CACHE) return resolve(COUNTERFLOW_CACHE);
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'counterflow');
}

/** @param {...string} parts */
export const cached = (...parts) => join(cacheRoot(), ...parts);

/** One level at a time: Node's own recursion never ends where a file system refuses with "no such file"
 *  (/proc). */
export function makeCacheRoot() {
  const missing = [];
  for (let folder = cacheRoot(); !existsSync(folder); folder = dirname(folder)) missing.unshift(folder);
  for (const folder of missing) {
    try {
      mkdirSync(folder);
    } catch (error) {
      // another set-up may have been faster
      if (!existsSync(folder)) throw error;
    }
  }
}

/** Fills a folder of the cache once: `fill` works in a temporary folder that then becomes `name`.
 *  @param {string} name
 *  @param {(directory: string) => Promise<void>} fill
 *  @returns {Promise<string>} the folder */
export async function fillOnce(name, fill) {
  const target = cached(name);
  if (existsSync(target)) return target;
  const temporary = cached('tmp', randomUUID());
  mkdirSync(temporary, { recursive: true });
  try {
    await fill(temporary);
    mkdirSync(dirname(target), { recursive: true });
    renameSync(temporary, target);
  } catch (error) {
    // Another set-up may have been faster; its folder is as good.
    if (!existsSync(target)) throw error;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return target;
}

/** What killed set-ups left behind. Only for the holder of the lock. */
export const clearTemporary = () => rmSync(cached('tmp'), { recursive: true, force: true });
