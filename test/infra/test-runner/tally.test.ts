import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TestEvent } from 'node:test/reporters';
import { Tally } from '../../../infra/test-runner/tally.ts';

const file = '/checkout/test/a.test.ts';
const details = {
  duration_ms: 1500,
  error: new Error('wrapped', { cause: new Error('1 is not 2') }),
  passed: true,
};
const event = (type: 'test:pass' | 'test:fail' | 'test:complete', name: string, more: object = {}) =>
  ({ type, data: { name, file, nesting: 0, testNumber: 1, details, ...more } }) as TestEvent;

function tallied(...events: TestEvent[]) {
  const tally = new Tally((path) => path.replace('/checkout/', ''));
  const lines = events.flatMap((each) => tally.add(each));
  return { succeeded: tally.succeeded, lines, closing: tally.closing() };
}

describe('the tally of a test run', () => {
  test('counts tests, not the suites around them', () => {
    const { closing, succeeded } = tallied(
      event('test:pass', 'inner'),
      event('test:pass', 'suite', { details: { ...details, type: 'suite' } }),
    );
    assert.equal(closing.at(-1), '1 passed, 0 failed, 0 skipped');
    assert.equal(succeeded, true);
  });

  test('shows why a test failed, and does not succeed', () => {
    const { lines, closing, succeeded } = tallied(event('test:pass', 'good'), event('test:fail', 'bad'));
    assert.match(lines.join('\n'), /FAIL {2}bad\n.*1 is not 2/);
    assert.equal(closing.at(-1), '1 passed, 1 failed, 0 skipped');
    assert.equal(succeeded, false);
  });

  test('names what was skipped, with the reason', () => {
    const { closing } = tallied(
      event('test:pass', 'needs data', { skip: 'no data here' }),
      event('test:pass', 'unexplained', { skip: true }),
    );
    assert.match(
      closing.join('\n'),
      /test\/a\.test\.ts: needs data: no data here\n.*unexplained: no reason given/,
    );
    assert.equal(closing.at(-1), '0 passed, 0 failed, 2 skipped');
  });

  test('does not succeed when no test ran', () => {
    assert.equal(tallied().succeeded, false);
    assert.equal(tallied(event('test:pass', 'skipped', { skip: true })).succeeded, false);
  });

  test('counts a file that crashed as a failure, with its output', () => {
    const output = { type: 'test:stderr', data: { file, message: 'Segmentation fault' } } as TestEvent;
    const { lines, closing } = tallied(event('test:pass', 'good'), output, event('test:fail', file));
    assert.match(lines.join('\n'), /the file as a whole[^]*Segmentation fault/);
    assert.equal(closing.at(-1), '1 passed, 1 failed, 0 skipped');
  });

  test('counts a file without a test as a failure', () => {
    assert.equal(tallied(event('test:pass', file)).closing.at(-1), '0 passed, 1 failed, 0 skipped');
  });

  test('lists the time of each file', () => {
    assert.match(tallied(event('test:complete', file)).closing.join('\n'), /1\.5 s {2}test\/a\.test\.ts/);
  });
});
