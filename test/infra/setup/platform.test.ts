import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkPlatform, nodeIsSupported } from '../../../infra/setup/platform.mjs';

describe('the platform', () => {
  for (const version of ['v20.20.0', 'v20.21.3', 'v22.0.0', 'v24.21.0', 'v26.12.1']) {
    test(`takes Node ${version}`, () => assert.equal(nodeIsSupported(version), true));
  }
  for (const version of ['v18.20.0', 'v20.19.9', 'v27.0.0']) {
    test(`refuses Node ${version}`, () => assert.equal(nodeIsSupported(version), false));
  }

  test('says rule, value and remedy for a wrong Node', () => {
    assert.throws(() => checkPlatform({ version: 'v18.20.0', platform: 'linux', arch: 'x64' }), {
      name: 'SetupError',
      message: /needs Node 20\.20 or later, and below 27; this is v18\.20\.0\. Install another/,
    });
  });

  test('says so in one sentence anywhere but on Linux x64', () => {
    assert.throws(() => checkPlatform({ version: 'v22.0.0', platform: 'darwin', arch: 'arm64' }), {
      message: /Linux x64 only .*; this is darwin arm64\./,
    });
    assert.throws(() => checkPlatform({ version: 'v22.0.0', platform: 'linux', arch: 'arm64' }), {
      message: /this is linux arm64/,
    });
  });
});
