// @ts-check
/** Programs that set-up runs: found on the PATH, with a time limit, their output kept for the error. */
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SetupError } from './setup-error.mjs';

/** The path of a program, or null. @param {string} name */
export function which(name) {
  for (const directory of (process.env.PATH ?? '').split(delimiter).filter(Boolean)) {
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // Not in this directory.
    }
  }
  return null;
}

/** The lines of a program's output that say why it failed: the first that speak of an error, else the last.
 *  @param {string} output */
function gist(output) {
  const lines = output
    .trim()
    .split('\n')
    .filter((line) => line.trim() !== '');
  const errors = lines.filter((line) => /error|cannot|no space|denied/i.test(line));
  return (errors.length > 0 ? errors.slice(0, 3) : lines.slice(-3)).join(' / ').slice(0, 400);
}

/** Runs a program to its end and returns its output; no shell, no standard input.
 *  Throws SetupError with the end of its output if it fails, takes too long or is aborted.
 *  @param {string} program @param {readonly string[]} args
 *  @param {{ timeoutMs: number, signal?: AbortSignal, env?: NodeJS.ProcessEnv, cwd?: string }} options
 *  @returns {Promise<{ stdout: string, stderr: string }>} */
export function command(program, args, { timeoutMs, signal, env, cwd }) {
  return new Promise((resolve, reject) => {
    const limit = AbortSignal.timeout(timeoutMs);
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: env ?? process.env,
      cwd,
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      killSignal: 'SIGTERM',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', (error) => {
      if (signal?.aborted) reject(new SetupError('Set-up was stopped.'));
      else if (limit.aborted)
        reject(new SetupError(`\`${program}\` took longer than ${timeoutMs / 1000} s.`));
      else reject(new SetupError(`\`${program}\` did not start: ${error.message}`));
    });
    child.on('close', (code, killedBy) => {
      if (code === 0) resolve({ stdout, stderr });
      else
        reject(
          new SetupError(
            `\`${program} ${args[0] ?? ''}\` ended with ${killedBy ?? `code ${code}`}: ${gist(stderr || stdout)}`,
          ),
        );
    });
  });
}
