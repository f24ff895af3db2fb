/** What is said of an artifact that is not there or not whole. */
import type { ArtifactRef } from '../../activities/contracts/artifact.ts';
import { StorageError } from '../../activities/ports/errors.ts';

export function damaged(path: string, size: number, ref: ArtifactRef): StorageError {
  const how =
    size === ref.bytes
      ? 'its content does not match its name'
      : `it has ${size} bytes in place of ${ref.bytes}`;
  return new StorageError(
    `A stored artifact is damaged: ${how} (${path}). Run again: what made it is computed anew.`,
    path,
    'damaged',
    { artifact: ref.sha256 },
  );
}

/** The system's "no such file" as a missing artifact; any other error as it is. */
export function missingOr(error: unknown, ref: ArtifactRef): unknown {
  if (!(error instanceof StorageError) || error.code !== 'ENOENT') return error;
  return new StorageError(
    `A stored artifact is missing: ${error.path} (${ref.bytes} bytes). Run again: what made it is `
      + 'computed anew.',
    error.path,
    'missing',
    { cause: error, artifact: ref.sha256 },
  );
}
