import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { failures } from '../../../../activities/contracts/failures.ts';
import { CounterflowError } from '../../../../infra/base/user-error.ts';
import { exitCodes } from '../../../../infra/base/exit-codes.ts';
import { explainEnd } from '../../../../infra/client/runs/explain-end.ts';
import { shellQuoted } from '../../../../activities/config/shell-quoted.ts';
import { createRunId } from '../../../../infra/client/runs/run-id.ts';

const cases = [
  [
    'a training that gave up',
    ApplicationFailure.create({ type: failures.gaveUp, message: 'contrast gave up' }),
    exitCodes.diverged,
    /failed: contrast gave up\. `\S+( start -- | )resume r --set PATH=VALUE` goes on with other settings\. `\S+/,
  ],
  [
    'a flow that was lost before',
    ApplicationFailure.create({
      type: failures.gaveUp,
      message: 'contrast gave up',
      details: [{ decisions: [{ details: { rule: 'lost-flow' } }] }],
    }),
    exitCodes.diverged,
    /gave up\. `\S+( start -- | )show r`/,
  ],
  [
    'data that is missing',
    ApplicationFailure.create({ type: failures.missingData, message: 'No such file.' }),
    exitCodes.badInput,
    /failed: No such file\. /,
  ],
  [
    'a folder that takes no files',
    ApplicationFailure.create({
      type: failures.storageRefused,
      message: 'Cannot use /x: EROFS. Choose another one.',
    }),
    exitCodes.environment,
    /failed: Cannot use \/x: EROFS\. Choose another one\. `/,
  ],
  [
    'a missing part',
    ApplicationFailure.create({ type: failures.missingPart, message: 'TensorFlow cannot be loaded.' }),
    exitCodes.environment,
    /failed: TensorFlow cannot be loaded\. `/,
  ],
  [
    'a process that said much at its end',
    ApplicationFailure.create({
      type: failures.computeCrashed,
      message: 'The process died.\nIts last lines:\n    at f (x.js:1:1)',
    }),
    exitCodes.failed,
    /failed: The process died\. `[^\n]*$/,
  ],
  [
    'a crash',
    ApplicationFailure.create({ type: failures.computeCrashed, message: 'The process died.' }),
    exitCodes.failed,
    /The process died\./,
  ],
  ['a cancellation', new CancelledFailure('cancelled'), exitCodes.cancelled, /Run r was cancelled\./],
] as const;

for (const [what, cause, code, sentence] of cases) {
  test(`${what} ends a run with exit code ${code}`, () => {
    const end = explainEnd(
      'r',
      new WorkflowFailedError('Workflow execution failed', cause, 'NON_RETRYABLE_FAILURE'),
    );
    assert(end instanceof CounterflowError);
    assert.equal(end.exitCode, code);
    assert.match(end.message, sentence);
  });
}

test('what is no end of a workflow stays what it is', () => {
  const error = new Error('disk full');
  assert.equal(explainEnd('r', error), error);
});

test('a run id tells experiment, seed and time, and no two are alike', () => {
  const at = new Date(2026, 10, 3, 9, 5, 7);
  assert.match(createRunId('spiral', 3, at), /^spiral-s3-20261103-090507-[0-9a-f]{4}$/);
  assert.notEqual(createRunId('spiral', 3, at), createRunId('spiral', 3, at));
});

test('the command in the record can be pasted into a shell', () => {
  assert.equal(shellQuoted('contrast.updates=5'), 'contrast.updates=5');
  assert.equal(shellQuoted('contrast.turn={"kind":"ratio"}'), `'contrast.turn={"kind":"ratio"}'`);
  assert.equal(shellQuoted("it's"), `'it'\\''s'`);
});
