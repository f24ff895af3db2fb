/** An assertion that says what it measured. (Without a message node parses the test's source on failure,
 *  which can take forever on transpiled code.) */
import assert from 'node:assert/strict';

export const assertBelow = (value: number, limit: number): void =>
  assert.ok(value < limit, `Expected less than ${limit}, got ${value}.`);
