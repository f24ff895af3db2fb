/** One thing that is not as it should be under a command, and what is to be held of the command's end. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExitCode } from '../../../../infra/base/exit-codes.ts';
import { inCheckout } from '../../../../infra/setup/checkout.mjs';
import { typescriptArguments } from '../../../../infra/base/typescript-arguments.ts';
import { processesWith, type Ended } from '../../command-line.ts';

export interface GroundCase {
  readonly kind: 'folder' | 'port' | 'ONNX file' | 'native part';
  readonly name: string;
  /** Injects the fault and holds what must hold; `folder` is the trial's own. */
  readonly hold: (folder: string) => Promise<void>;
}

interface Place {
  /** Where the package lies; this checkout where nothing is said. */
  readonly root?: string;
  readonly program?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What the command is run by. */
  readonly prefix?: readonly string[];
}

export function command(
  args: readonly string[],
  { root = inCheckout(), program = 'infra/cli/main.ts', env = {}, prefix = [] }: Place = {},
): Promise<Ended> {
  const [first, ...rest] = [
    ...prefix,
    process.execPath,
    ...typescriptArguments(),
    join(root, program),
    ...args,
  ];
  const child = spawn(first!, rest, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CI: 'true', ...env },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** The documented exit code, and one line that says what, where and what to do: last, once and without a
 *  stack. */
export function assertRefused({ code, stdout, stderr }: Ended, expected: ExitCode, says: RegExp): void {
  const told = stderr.trim().split('\n');
  assert.equal(code, expected, `${stdout}\n${stderr}`);
  assert.match(told.at(-1)!, says);
  assert.equal(
    told.filter((line) => says.test(line) || line.startsWith('error:')).length,
    1,
    `it should be said once:\n${stderr}`,
  );
  assert.doesNotMatch(`${stdout}\n${stderr}`, /^\s+at .*:\d+|^\s+\[?(?:errno|cause|stack|code)\b/m);
}

/** Nothing half-written: no file on its way, every record whole; and nobody is left at work there. */
export function assertNothingHalf(out: string): void {
  assert.deepEqual(processesWith([out]), [], 'processes are left');
  if (!existsSync(out)) return;
  const files = readdirSync(out, { recursive: true, withFileTypes: true }).map(({ parentPath, name }) =>
    join(parentPath, name),
  );
  assert.deepEqual(
    files.filter((file) => /\.tmp$|\.part$|\/\.claim-|\/\.incoming\/./.test(file)),
    [],
    'files on their way are left',
  );
  for (const file of files.filter((name) => name.endsWith('.json'))) JSON.parse(readFileSync(file, 'utf8'));
}
