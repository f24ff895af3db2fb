/** What `tell` refuses before it asks a server, and what of a record is told again. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Decision } from '../../../activities/contracts/decision.ts';
import type { Override } from '../../../activities/contracts/training.ts';
import { reachedIn } from '../../../activities/record/reached.ts';
import { CounterflowError } from '../../../infra/base/user-error.ts';
import { exitCodes } from '../../../infra/base/exit-codes.ts';
import type { StoredRecord } from '../../../infra/client/records/run-records.ts';
import { withCommandsBefore, toldBefore } from '../../../infra/client/runs/commands-before.ts';
import { trainedIn, trainedText } from '../../../infra/client/runs/trained.ts';
import { run } from '../../support/command-line.ts';
import { temporaryFolder } from '../../support/folders.ts';

const out = temporaryFolder('tell');
for (const [id, status] of [
  ['done', 'completed'],
  ['left', 'running'],
  ['broken', 'failed'],
] as const) {
  mkdirSync(join(out, id));
  writeFileSync(
    join(out, id, 'run.json'),
    JSON.stringify({ id, experiment: 'pretend', status, seed: 1, startedAt: '2026-01-02T03:04:05.000Z' }),
  );
}

describe('tell refuses, with one sentence,', { concurrency: 2 }, () => {
  const cases: readonly (readonly [
    what: string,
    args: readonly string[],
    sentence: RegExp,
    code?: number,
  ])[] = [
    [
      'a message it does not know',
      ['left', 'stop'],
      /Expected pause, resume, extend, learning-rate, samples/,
    ],
    ['an extension without a number', ['left', 'extend'], /Expected --updates with extend, got none/],
    [
      'a number of updates that is none',
      ['left', 'extend', '--updates', '1e3'],
      /Expected a whole number of at least 1/,
    ],
    [
      'a learning rate without a player',
      ['left', 'learning-rate', '--value', '1e-4'],
      /Expected --player with learning-rate, got none/,
    ],
    [
      'a learning rate below 0',
      ['left', 'learning-rate', '--player', 'flow', '--value=-1e-4'],
      /Expected a number above 0/,
    ],
    [
      'an option that belongs to another message',
      ['left', 'pause', '--updates', '5'],
      /Expected no --updates with pause, got 5/,
    ],
    ['a run that has ended', ['done', 'pause'], /Expected a run that has not ended; done is completed/],
    [
      'a run that nobody works on',
      ['left', 'pause'],
      /Nobody works on left: `counterflow resume left` lets it go on/,
      exitCodes.failed,
    ],
    ['a run that failed', ['broken', 'pause'], /Nobody works on broken/, exitCodes.failed],
  ];
  for (const [what, args, sentence, code = exitCodes.badInput] of cases) {
    test(what, async () => {
      const ended = await run(['tell', ...args, '--out', out]);
      assert.match(ended.stderr, sentence);
      assert.equal(ended.code, code);
    });
  }
});

describe('what a record says a training was told', () => {
  const decision: Decision = {
    at: '2026-01-02T03:04:05.000Z',
    what: 'told',
    training: 'contrast',
    sentence: 'contrast was told to pause.',
    details: { message: 'pause', number: 1, update: 40, rollbacks: 0 },
  };
  const recordOf = (...decisions: unknown[]) => ({ id: 'left', decisions }) as unknown as StoredRecord;

  test('is told again, and no other decision', () => {
    const rollback = { ...decision, what: 'rollback', details: {} };
    assert.deepEqual(toldBefore(recordOf(rollback, decision)), [decision]);
    assert.deepEqual(toldBefore({ id: 'left' } as StoredRecord), []);
  });

  test('waits still where its training had not begun, and where that had come to is said', () => {
    const held = [{ training: 'contrast', number: 2, at: decision.at, message: { kind: 'pause' } }];
    const record = {
      id: 'left',
      decisions: [decision],
      held,
      steps: [{ name: 'prepare' }, { name: 'pretrain 0-40' }, { name: 'pretrain 40-80' }],
    } as unknown as StoredRecord;
    assert.deepEqual(withCommandsBefore(record, {}), {
      told: [decision],
      held,
      reached: { pretrain: { update: 80, rollbacks: 0 } },
    });
    const bad: readonly unknown[] = [
      1,
      {},
      { ...held[0], training: '../other' },
      { ...held[0], number: '1' },
      { ...held[0], at: 'yesterday' },
      { ...held[0], message: { kind: 'samples' } },
      { ...held[0], message: { kind: 'stop' } },
    ];
    for (const one of bad)
      assert.throws(
        () => withCommandsBefore({ ...record, held: [one] } as StoredRecord, {}),
        CounterflowError,
        JSON.stringify(one),
      );
  });

  test('takes effect where it did, with the rollbacks since its other settings', () => {
    const of = (what: string, training = 'contrast'): object => ({
      at: decision.at,
      what,
      training,
      sentence: '',
      details: {},
    });
    const record = (...decisions: object[]) =>
      ({ decisions, steps: [{ name: 'contrast 0-40' }], trainings: {} }) as unknown as StoredRecord;
    assert.deepEqual(reachedIn(record(of('rollback'), of('rollback', 'pretrain'), of('rollback'))), {
      contrast: { update: 40, rollbacks: 2 },
    });
    assert.deepEqual(reachedIn(record(of('rollback'), of('resumed'), of('rollback'))), {
      contrast: { update: 40, rollbacks: 1 },
    });
    assert.deepEqual(reachedIn({}), {});
  });

  test('takes effect where a training goes on with other settings, until it has begun with them', () => {
    const of = (what: string): object => ({
      at: decision.at,
      what,
      training: 'contrast',
      sentence: '',
      details: {},
    });
    const record = (...decisions: object[]) =>
      ({
        decisions,
        steps: [{ name: 'contrast 0-20' }, { name: 'contrast 20-40' }],
      }) as unknown as StoredRecord;
    const amended = [
      { training: 'contrast', update: 20 },
      { training: 'pretrain', update: 60 },
    ] as unknown as Override[];
    const before = [of('rollback'), of('rollback'), of('gave-up')];
    assert.deepEqual(withCommandsBefore(record(...before), { amended: amended.slice(0, 1) }).reached, {
      contrast: { update: 20, rollbacks: 0 },
    });
    assert.deepEqual(reachedIn(record(...before, of('resumed')), amended).contrast, {
      update: 40,
      rollbacks: 0,
    });
    assert.deepEqual(reachedIn(record(...before, of('resumed'), of('rollback')), [...amended, amended[0]!]), {
      pretrain: { update: 60, rollbacks: 0 },
      contrast: { update: 20, rollbacks: 0 },
    });
    // from its start
    assert.deepEqual(reachedIn(record(...before), [{ ...amended[0]!, update: 0 }]), {});
  });

  test('takes effect where a training that ended early had come to, which is beyond its result', () => {
    const stopped = {
      at: decision.at,
      what: 'stopped-early',
      training: 'contrast',
      sentence: '',
      details: { update: 120, updates: 150, bestUpdate: 40 },
    };
    const record = {
      decisions: [stopped],
      steps: [{ name: 'contrast 0-40' }],
      trainings: { contrast: { updates: 40 }, pretrain: { updates: 100 } },
    } as unknown as StoredRecord;
    assert.deepEqual(reachedIn(record), {
      pretrain: { update: 100, rollbacks: 0 },
      contrast: { update: 120, rollbacks: 0 },
    });
    assert.deepEqual(trainedIn(record).map(trainedText), ['pretrain 100 updates', 'contrast 120 updates']);
    for (const updates of [-1, 0.5, 'many', null])
      assert.deepEqual(reachedIn({ trainings: { contrast: { updates } } } as unknown as StoredRecord), {});
  });

  test('is refused where it is no message', () => {
    const bad: readonly object[] = [
      { training: '../other' },
      { at: 'yesterday' },
      { details: {} },
      { details: { ...decision.details, message: 'stop' } },
      { details: { ...decision.details, number: '1' } },
      { details: { ...decision.details, message: 'learning-rate', player: 'flow', value: -1 } },
      { details: { ...decision.details, more: { deep: 1 } } },
      { sentence: 'x'.repeat(5000) },
    ];
    for (const change of bad)
      assert.throws(
        () => toldBefore(recordOf({ ...decision, ...change })),
        CounterflowError,
        JSON.stringify(change),
      );
  });
});
