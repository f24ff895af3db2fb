import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { asFailure, divergenceFailure, isDiverged } from '../../../activities/step/failures.ts';
import { failures } from '../../../activities/contracts/failures.ts';
import type { SegmentRequest } from '../../../activities/contracts/training.ts';
import { MissingDataError } from '../../../activities/ports/data-errors.ts';
import {
  ComputeCrashedError,
  MissingPartError,
  StorageError,
  StorageFullError,
} from '../../../activities/ports/errors.ts';
import { DataError, ShapeError } from '../../../models/core/errors.ts';
import { DivergedError } from '../../../models/training/divergence.ts';

describe('an error becomes a failure that workflows know', () => {
  const cases: readonly [Error, string, boolean][] = [
    [new ShapeError('shape'), failures.badInput, false],
    [new DataError('data'), failures.badInput, false],
    [new MissingDataError('folder'), failures.missingData, false],
    [new ComputeCrashedError('died', null, 'SIGKILL', ''), failures.computeCrashed, true],
    [new StorageError('an input/output error', '/disk', 'EIO'), failures.storage, true],
    [new StorageError('not permitted', '/disk', 'EACCES'), failures.storageRefused, false],
    [new StorageError('read-only', '/disk', 'EROFS'), failures.storageRefused, false],
    [new MissingPartError('TensorFlow cannot be loaded'), failures.missingPart, false],
    [new StorageFullError('full', '/disk', 'ENOSPC', { bytes: 1, free: 0 }), failures.storageFull, true],
    [
      new StorageFullError('still full', '/disk', 'ENOSPC', { bytes: 1, free: 0, waited: 9 }),
      failures.storageFull,
      false,
    ],
    [new StorageError('an artifact is missing', '/store', 'missing'), failures.storage, false],
    [new StorageError('an artifact is damaged', '/store', 'damaged'), failures.storage, false],
    [new RangeError('a bug'), 'RangeError', true],
  ];
  for (const [error, type, retryable] of cases) {
    test(
      `${error.name} (${error.message}) as ${type}, `
        + `${retryable ? 'to be retried' : 'not to be retried'}`,
      () => {
        const failure = asFailure(error);
        assert.ok(failure instanceof ApplicationFailure);
        assert.deepEqual(
          [failure.type, failure.nonRetryable, failure.message],
          [type, !retryable, error.message],
        );
        // the deepest cause is what a run is said to have ended of
        assert.deepEqual([failure.cause, failure.stack], [undefined, error.stack]);
      },
    );
  }

  test('by its name alone, as it comes from another process', () => {
    const failure = asFailure(
      Object.assign(new Error('shape'), { name: 'ShapeError' }),
    ) as ApplicationFailure;
    assert.equal(failure.type, failures.badInput);
  });

  test('with the artifact that is lost, so that a training can step back to the one before', () => {
    const lost = asFailure(
      new StorageError('damaged', '/store/ab', 'damaged', { artifact: 'ab' }),
    ) as ApplicationFailure;
    assert.deepEqual(lost.details, [{ sha256: 'ab', how: 'damaged' }]);
    assert.equal(
      (asFailure(new StorageError('full', '/disk', 'ENOSPC')) as ApplicationFailure).details?.[0],
      undefined,
    );
  });

  test('but a cancellation stays one', () => {
    const cancelled = new CancelledFailure('asked to');
    assert.equal(asFailure(cancelled), cancelled);
  });

  test('and a divergence carries the last good checkpoint, and a value that JSON can hold', () => {
    const error = new DivergedError('non-finite', 'value is NaN.', { update: 123, value: NaN, limit: 1e5 });
    assert.ok(isDiverged(error));
    const checkpoint = { uri: 'artifact://sha256/aa', sha256: 'aa', bytes: 1 };
    const failure = divergenceFailure(error, {
      spec: { training: 'contrast' },
      checkpoint,
      fromUpdate: 100,
    } as SegmentRequest);
    assert.deepEqual([failure.type, failure.nonRetryable], [failures.divergence, true]);
    assert.deepEqual(failure.details, [
      {
        training: 'contrast',
        rule: 'non-finite',
        update: 123,
        since: 122,
        value: 'NaN',
        limit: 1e5,
        lastGood: checkpoint,
        lastGoodUpdate: 100,
      },
    ]);
  });
});
