/** What a schedule or a sweep goes on with, by records that may come from anywhere. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goingOn } from '../../../activities/record/kept-file.ts';
import type { RunRecord } from '../../../activities/record/run-record.ts';
import { wholeIn } from '../../../workflows/shared/held-commands.ts';
import { commandOfDecision } from '../../../workflows/shared/command-decision.ts';
import type { Decision } from '../../../activities/contracts/decision.ts';

const now = '2026-01-02T05:00:00.000Z';
const message = { training: 'contrast', number: 1, at: now, message: { kind: 'pause' } };
const recordOf = (record: object): Partial<RunRecord> => record as Partial<RunRecord>;

test('of what is held the messages are kept, and what is none is counted', () => {
  const bad = [
    { ...message, number: 1.5 },
    { ...message, message: { kind: 'shout' } },
    { ...message, at: 'soon' },
    null,
    'pause',
  ];
  const { held } = goingOn(recordOf({ held: [bad[0], message, ...bad.slice(1)] }), now, {});
  assert.deepEqual(wholeIn(held), { held: [message], leftOut: 5 });
  for (const none of [{}, 'pause', 7])
    assert.deepEqual(wholeIn(goingOn(recordOf({ held: none }), now, {}).held), { held: [], leftOut: 1 });
  for (const nothing of [undefined, null, []])
    assert.equal('held' in goingOn(recordOf({ held: nothing }), now, {}), false);
});

test('lists that are none, and entries that are none, stop no run', () => {
  const told = { at: now, what: 'told', training: 'contrast', sentence: 'contrast was told.' };
  const on = goingOn(recordOf({ decisions: [null, 'told', told], steps: {}, trainings: null }), now, {});
  assert.deepEqual(on, { resumedAt: now, told: [told] });
  assert.equal(commandOfDecision(told as unknown as Decision), null);
  assert.deepEqual(goingOn(recordOf({ decisions: { told }, steps: [null] }), now, {}), { resumedAt: now });
});
