import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Decision } from '../../../../activities/contracts/decision.ts';
import { overrideRequest } from '../../../../infra/client/runs/override-request.ts';
import { CounterflowError } from '../../../../infra/base/user-error.ts';
import { exitCodes } from '../../../../infra/base/exit-codes.ts';
import type { StoredRecord } from '../../../../infra/client/records/run-records.ts';
import { smallRequest } from '../../../support/faults/small-run.ts';

const request = smallRequest('wild', ['contrast.flow.learningRate=4']);
const decision = (training: Decision['training']): Decision => ({
  at: '2026-01-02T03:04:05.000Z',
  what: 'rollback',
  training: training!,
  sentence: 'It diverged.',
  details: { noiseStream: 1 },
});
const record: StoredRecord = {
  id: 'wild',
  experiment: request.experiment,
  status: 'failed',
  seed: 1,
  startedAt: request.startedAt,
  decisions: [decision('flow-mle'), decision('contrast')],
  gaveUp: [
    { training: 'flow-mle', update: 0 },
    { training: 'contrast', update: 6, adjustments: [{ learningRateScale: 1, noiseStream: 0 }] },
  ],
};
const refusal = (set: readonly string[], of: StoredRecord | null = record): string => {
  try {
    overrideRequest(request, of, set);
  } catch (error) {
    assert.ok(error instanceof CounterflowError);
    assert.equal(error.exitCode, exitCodes.badInput);
    return error.message;
  }
  return assert.fail('it was not refused');
};

describe('other settings for a training that gave up', () => {
  test('are in the configuration, with what was before, what was reached and what was decided beside them', () => {
    const amended = overrideRequest(request, record, [
      'contrast.flow.learningRate=1e-4',
      'contrast.recovery.maxRollbacks=9',
    ]);
    assert.deepEqual(
      [amended.config.contrast.flow.learningRate, amended.config.contrast.recovery.maxRollbacks],
      [1e-4, 9],
    );
    assert.deepEqual(amended.amended, [
      {
        training: 'contrast',
        changes: ['contrast.flow.learningRate=1e-4', 'contrast.recovery.maxRollbacks=9'],
        before: request.config.contrast,
        update: 6,
        adjustments: [{ learningRateScale: 1, noiseStream: 0 }],
        decisions: [decision('contrast')],
      },
    ]);
    assert.equal(overrideRequest(amended, record, ['contrast.flow.learningRate=1e-5']).amended!.length, 2);
  });

  test('are refused for a run that did not end so, with what to do instead', () => {
    assert.match(
      refusal(['contrast.lambda=0'], null),
      /wild is not recorded\. Leave --set out, or start another run/,
    );
    assert.match(refusal(['contrast.lambda=0'], { ...record, status: 'completed' }), /wild is completed/);
    assert.match(
      refusal(['contrast.lambda=0'], { ...record, gaveUp: [record.gaveUp![0]!] }),
      /whose pretraining or contrast gave up/,
    );
  });

  test('are refused outside of that training, and where what was reached hangs on them', () => {
    assert.match(
      refusal(['contrast.lambda=0', 'models.flow.width=4']),
      /Expected settings of contrast, the training that gave up, got --set models\.flow\.width/,
    );
    assert.match(
      refusal(['contrast.updates=40']),
      /Expected contrast\.updates to stay 20, .* got 40\. Start another run/,
    );
    assert.match(refusal(['contrast.segments=11']), /contrast\.segments to stay 10/);
    assert.match(refusal(['contrast.flow.learningRate=-1']), /learningRate/);
    assert.match(refusal(['contrast.learningRate=1']), /did you mean/);
  });
});
