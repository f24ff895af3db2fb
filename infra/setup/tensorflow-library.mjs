// @ts-check
/** What is known of a TensorFlow, wherever it comes from. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** `libraries`: the one with the C API first. `loaderPath`: for LD_LIBRARY_PATH; `toolPath`: for PATH; both
 *  empty on a CPU.
 *  @typedef {{ path: string, bytes: number }} Library
 *  @typedef {{ version: string, source: string, gpu: boolean, libraries: Library[], includeDir: string, loaderPath: string[], toolPath: string[] }} TensorFlow */

/** @param {readonly Library[]} libraries */
export const librariesAreWhole = (libraries) =>
  libraries.length > 0
  && libraries.every(({ path, bytes }) => statSync(path, { throwIfNoEntry: false })?.size === bytes);

/** @param {readonly string[]} paths @returns {Library[]} */
export const measured = (paths) => paths.map((path) => ({ path, bytes: statSync(path).size }));

/** Folders of the CUDA packages: `<name>/lib` for the loader, `<name>/bin` for TensorFlow's compilation of
 *  kernels.
 *  @param {string} nvidia
 *  @param {'lib' | 'bin'} part */
export const cudaFolders = (nvidia, part) =>
  existsSync(nvidia)
    ? readdirSync(nvidia)
        .map((name) => join(nvidia, name, part))
        .filter((path) => existsSync(path))
    : [];
