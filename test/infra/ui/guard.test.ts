/** Pages of other sites reach loopback addresses: what they may not. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Guard } from '../../../infra/ui/guard.ts';

const guard = new Guard(8642);

describe('the guard of the local page', () => {
  for (const host of ['127.0.0.1:8642', 'localhost:8642'])
    test(`lets in who asks for ${host}`, () => assert.equal(guard.refuseAsker({ host }), null));
  for (const host of ['evil.example:8642', '127.0.0.1', '127.0.0.1:80', undefined]) {
    test(`refuses a name that was made to point here: ${host}`, () =>
      assert.equal(guard.refuseAsker({ host })?.status, 421));
  }
  test("answers no request that another site's page makes, but a link there may lead here", () => {
    const asked = { host: '127.0.0.1:8642', 'sec-fetch-site': 'cross-site' };
    assert.equal(guard.refuseAsker({ ...asked, 'sec-fetch-mode': 'no-cors' })?.status, 403);
    assert.equal(guard.refuseAsker({ ...asked, 'sec-fetch-mode': 'navigate' }), null);
  });
  test('takes a form with the token that the page has, from the page itself', () => {
    assert.equal(guard.refuseForm({ origin: 'http://127.0.0.1:8642' }, guard.token), null);
    assert.equal(guard.refuseForm({}, guard.token), null);
  });
  for (const [what, origin, token] of [
    ['of another site', 'https://evil.example', guard.token],
    ['without a token', 'http://127.0.0.1:8642', null],
    ['with another token', undefined, guard.token.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))],
    ['from a file', 'null', guard.token],
  ] as const)
    test(`refuses a form ${what}`, () => assert.equal(guard.refuseForm({ origin }, token)?.status, 403));
  test('has another token each time', () => assert.notEqual(new Guard(1).token, new Guard(1).token));
});
