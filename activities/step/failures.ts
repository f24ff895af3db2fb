/** Errors of the mathematics, the data, the disk and the compute processes as the failures that workflows
 *  know by name. */
import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import type { DivergedError } from '../../models/training/divergence.ts';
import type { ArtifactRef, LostArtifact } from '../contracts/artifact.ts';
import { failures } from '../contracts/failures.ts';
import type { DivergenceDetails, SegmentRequest } from '../contracts/training.ts';
import type { StorageError, StorageFullError } from '../ports/errors.ts';

interface Kind {
  readonly type: string;
  readonly retryable: boolean;
}
const badInput: Kind = { type: failures.badInput, retryable: false };
const missingData: Kind = { type: failures.missingData, retryable: false };

/** By the error's name: an error that comes from a compute process has its name and fields, not its class. */
const kinds: Readonly<Record<string, Kind>> = {
  ShapeError: badInput,
  ConfigError: badInput,
  DataError: badInput,
  RecordingError: badInput,
  BadInputError: badInput,
  SafetensorsError: badInput,
  ZodError: badInput,
  MissingDataError: missingData,
  MissingPartError: { type: failures.missingPart, retryable: false },
  OutOfMemoryError: { type: failures.outOfMemory, retryable: true },
  TooLittleMemoryError: { type: failures.outOfMemory, retryable: false },
  ComputeCrashedError: { type: failures.computeCrashed, retryable: true },
  StorageError: { type: failures.storage, retryable: true },
  StorageFullError: { type: failures.storageFull, retryable: true },
};

/** An artifact that is gone or damaged stays so, however often it is asked for; a full disk may have room
 *  later. */
function lostIn(error: Error): LostArtifact | null {
  if (error.name !== 'StorageError') return null;
  const { code, artifact } = error as StorageError;
  return code === 'missing' || code === 'damaged' ? { sha256: artifact, how: code } : null;
}

/** Failures and cancellations pass as they are; an error without a known name keeps its own and is retried.
 *  What the error was stays in its stack alone: as the failure's cause it would be the failure's end, under a
 *  name that nobody knows. `forGood`: it has been tried often enough. */
export function asFailure(error: unknown, { forGood = false } = {}): unknown {
  if (error instanceof TemporalFailure || !(error instanceof Error)) return error;
  const { type, retryable } = isRefused(error)
    ? { type: failures.storageRefused, retryable: false }
    : (kinds[error.name] ?? { type: error.name, retryable: true });
  const lost = lostIn(error);
  const nonRetryable = forGood || !retryable || lost !== null || isOutOfPatience(error);
  const failure = ApplicationFailure.create({
    type,
    message: error.message,
    nonRetryable,
    ...(lost && { details: [lost] }),
  });
  failure.stack = error.stack;
  return failure;
}

/** What a file system says that takes no file here, however often it is asked. */
const refusals: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'EISDIR']);
const isRefused = (error: Error): boolean =>
  error.name === 'StorageError' && refusals.has((error as StorageError).code);

/** It has been waited for room already. */
const isOutOfPatience = (error: Error): boolean =>
  error.name === 'StorageFullError' && (error as StorageFullError).waited > 0;

export const isDiverged = (error: unknown): error is DivergedError =>
  error instanceof Error && error.name === 'DivergedError';

/** `lines`: of the updates that led to it; null where they are not known, or could not be kept. */
export function divergenceFailure(
  error: DivergedError,
  { spec, checkpoint, fromUpdate }: SegmentRequest,
  lines: ArtifactRef | null = null,
): ApplicationFailure {
  const details: DivergenceDetails = {
    training: spec.training,
    rule: error.rule,
    update: error.update,
    since: error.since,
    ...(error.of !== undefined && { of: error.of }),
    limit: error.limit,
    value: Number.isFinite(error.value) ? error.value : String(error.value),
    lastGood: checkpoint,
    lastGoodUpdate: fromUpdate,
    ...(lines && { lines }),
  };
  return ApplicationFailure.create({
    type: failures.divergence,
    message: error.message,
    nonRetryable: true,
    details: [details],
  });
}
