import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { packagesMatch } from '../../../infra/setup/packages.mjs';

const wanted = {
  '': {},
  'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
  'node_modules/b-darwin': { version: '2.0.0', integrity: 'sha512-b', optional: true },
};
const a = { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } };

describe('installed packages', () => {
  test('match the lockfile without the optional ones of other platforms', () =>
    assert.equal(packagesMatch(wanted, a), true));
  test('do not match when one is missing', () => assert.equal(packagesMatch(wanted, {}), false));
  test('do not match when one has another version', () => {
    assert.equal(
      packagesMatch(wanted, { 'node_modules/a': { version: '1.0.1', integrity: 'sha512-a' } }),
      false,
    );
  });
  test('do not match when one has other content', () => {
    assert.equal(
      packagesMatch(wanted, { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-other' } }),
      false,
    );
  });
  test('do not match when an optional one is there in another version', () => {
    assert.equal(
      packagesMatch(wanted, { ...a, 'node_modules/b-darwin': { version: '3.0.0', integrity: 'sha512-b' } }),
      false,
    );
  });
  test('do not match when one is there that the lockfile does not list', () => {
    assert.equal(packagesMatch(wanted, { ...a, 'node_modules/c': { version: '1.0.0' } }), false);
  });
});
