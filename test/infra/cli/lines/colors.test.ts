/** Colours on a real terminal, and nowhere else. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { typescriptArguments } from '../../../../infra/base/typescript-arguments.ts';
import { temporaryFolder } from '../../../support/folders.ts';

const main = fileURLToPath(new URL('../../../../infra/cli/main.ts', import.meta.url));
const out = temporaryFolder('colors');
mkdirSync(join(out, 'spiral-s1'));
writeFileSync(
  join(out, 'spiral-s1', 'run.json'),
  JSON.stringify({
    id: 'spiral-s1',
    experiment: 'spiral',
    status: 'completed',
    seed: 1,
    startedAt: '2026-11-01T09:00:00.000Z',
  }),
);

/** What a terminal of its own is sent, or a pipe. */
function written(where: 'terminal' | 'pipe', env: NodeJS.ProcessEnv, ...args: string[]): Promise<string> {
  const command = [process.execPath, ...typescriptArguments(), main, ...args, '--out', out];
  const [program, ...rest] =
    where === 'pipe' ? command : ['python3', '-c', 'import pty, sys; pty.spawn(sys.argv[1:])', ...command];
  const { CI: _, NO_COLOR: __, FORCE_COLOR: ___, ...own } = process.env;
  return new Promise((resolve) => {
    execFile(program!, rest, { env: { ...own, TERM: 'xterm-256color', ...env } }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}

const isColoured = (text: string): boolean => stripVTControlCharacters(text) !== text;

describe('colours', { concurrency: 2 }, () => {
  test('are there on a terminal, of what is found and of errors', async () => {
    assert(isColoured(await written('terminal', {}, 'list')));
    assert(isColoured(await written('terminal', {}, 'show', 'nothing')));
  });

  const without: readonly (readonly [what: string, where: 'terminal' | 'pipe', env: NodeJS.ProcessEnv])[] = [
    ['a terminal with NO_COLOR', 'terminal', { NO_COLOR: '1' }],
    ['a terminal that has none', 'terminal', { TERM: 'dumb' }],
    ['a pipe', 'pipe', {}],
    ['a pipe of continuous integration', 'pipe', { CI: 'true' }],
  ];
  for (const [what, where, env] of without) {
    test(`are not there on ${what}`, async () => {
      const [list, refusal] = [
        await written(where, env, 'list'),
        await written(where, env, 'show', 'nothing'),
      ];
      assert.match(list, /spiral-s1 +spiral +completed/);
      assert.match(refusal, /error: Expected the id of a run/);
      assert(!isColoured(list + refusal), list + refusal);
    });
  }
});
