/** This package once more, with hard links in place of copies, in which parts may be taken away or spoiled
 *  without anybody else noticing. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inCheckout } from '../../../../infra/setup/checkout.mjs';

const code = [
  'activities',
  'infra',
  'models',
  'workflows',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];

/** Why there can be none. */
export function noTree(): string | false {
  const folder = mkdtempSync(join(tmpdir(), 'counterflow-links-'));
  const { status } = spawnSync('cp', ['-al', inCheckout('package.json'), folder]);
  rmSync(folder, { recursive: true });
  return status === 0
    ? false
    : 'temporary files are on another file system than this checkout: no hard links';
}

/** `without`: paths below node_modules. Returns its root. */
export function packageTree(root: string, without: readonly string[]): string {
  mkdirSync(root);
  const { status, stderr } = spawnSync('cp', ['-al', inCheckout('node_modules'), root], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`No copy of node_modules: ${stderr}`);
  for (const name of code) cpSync(inCheckout(name), join(root, name), { recursive: true });
  for (const path of without) rmSync(join(root, 'node_modules', path), { recursive: true });
  return root;
}

/** Half of a file, as an interrupted copy leaves it. */
export function halve(whole: string, half: string): void {
  const bytes = readFileSync(whole);
  writeFileSync(half, bytes.subarray(0, bytes.length / 2));
}
