import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { climb } from '../../../infra/setup/ladder.mjs';
import { SetupError } from '../../../infra/setup/setup-error.mjs';

const { signal } = new AbortController();
const holds = (value: string) => ({ name: value, attempt: async () => value });
const absent = { name: 'absent', attempt: async () => null };
const broken = {
  name: 'broken',
  attempt: async () => {
    throw new SetupError('it fell over.');
  },
};

describe('a ladder', () => {
  test('takes the first rung that holds and tries none after it', async () => {
    const never = { name: 'never', attempt: async () => assert.fail('a later rung was tried') };
    assert.equal(await climb('Thing', [absent, broken, holds('third'), never], '', signal), 'third');
  });

  test('says in one sentence what every rung lacked, and the remedy', async () => {
    await assert.rejects(climb('Thing', [absent, broken], 'Install a thing.', signal), {
      name: 'SetupError',
      message: 'Thing could not be provided (broken: it fell over). Install a thing.',
    });
  });

  test('goes no further once set-up is stopped', async () => {
    const stop = new AbortController();
    const stopping = {
      name: 'stopping',
      attempt: async () => {
        stop.abort();
        throw new SetupError('Set-up was stopped.');
      },
    };
    await assert.rejects(climb('Thing', [stopping, holds('too late')], '', stop.signal), {
      message: 'Set-up was stopped.',
    });
  });
});
