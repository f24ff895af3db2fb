import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { exitCodes } from '../../../infra/base/exit-codes.ts';
import { setUpExitCode } from '../../../infra/setup/launch.mjs';
import { SetupError } from '../../../infra/setup/setup-error.mjs';

const launchOnAForeignPlatform = `
  Object.defineProperty(process, 'platform', { value: 'sunos' });
  const { launch } = await import(${JSON.stringify(new URL('../../../infra/setup/launch.mjs', import.meta.url).href)});
  await launch('no-program.ts', []);`;

describe('a set-up that does not succeed ends with the documented code', () => {
  test('of a missing environment, where something it needs is missing', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', launchOnAForeignPlatform],
      { encoding: 'utf8' },
    );
    assert.equal(status, exitCodes.environment, stderr);
  });

  test('of an interruption on Ctrl-C, whatever failed because of it', () => {
    assert.equal(setUpExitCode(new SetupError('npm was stopped'), 'SIGINT'), exitCodes.interrupted);
    assert.equal(setUpExitCode(new Error('aborted'), 'SIGINT'), exitCodes.interrupted);
  });

  test('of something unexpected otherwise', () => {
    assert.equal(setUpExitCode(new TypeError('a bug'), null), exitCodes.failed);
  });
});
