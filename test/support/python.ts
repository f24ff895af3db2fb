/** Independent implementations, in Python. `COUNTERFLOW_PYTHON` names an interpreter that has them; else
 *  `python3` is tried. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

const python = process.env.COUNTERFLOW_PYTHON ?? 'python3';

export const hasPython = (...packages: string[]): boolean =>
  spawnSync(python, ['-c', packages.map((name) => `import ${name}`).join('\n')]).status === 0;

/** What a program prints, from standard input in JSON. `program` is code, or the arguments of a call. */
export function runPython(program: string | readonly string[], input: unknown = null): string {
  const args = typeof program === 'string' ? ['-c', program] : program;
  const { status, stdout, stderr } = spawnSync(python, args, {
    input: JSON.stringify(input),
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

/** Why tests are skipped, or false where there is a Python with all packages. */
export const skipWithout = (...packages: string[]): string | false =>
  hasPython(...packages)
    ? false
    : `no Python with ${packages.join(', ')}: name one that has them as COUNTERFLOW_PYTHON`;
