/** What goes wrong on the ground that activities stand on. */

/** A later attempt has taken over: what is not published yet is not published any more. */
export class StaleAttemptError extends Error {
  override readonly name = 'StaleAttemptError';
}

/** A file cannot be read or written, or an artifact is missing or damaged. `code` as the system names it, or
 *  `missing`, `damaged`. */
export class StorageError extends Error {
  override readonly name: string = 'StorageError';
  readonly path: string;
  readonly code: string;
  /** SHA-256 of the artifact that is missing or damaged. */
  readonly artifact: string | null;
  constructor(
    message: string,
    path: string,
    code: string,
    { cause, artifact = null }: { readonly cause?: unknown; readonly artifact?: string | null } = {},
  ) {
    super(message, { cause });
    this.path = path;
    this.code = code;
    this.artifact = artifact;
  }
}

/** There is no room for a file, or none that it may take. */
export class StorageFullError extends StorageError {
  override readonly name = 'StorageFullError';
  /** What the file takes, and what is free on its file system; null: nobody knows. */
  readonly bytes: number;
  readonly free: number | null;
  /** Seconds it has been waited for room. */
  readonly waited: number;
  constructor(
    message: string,
    path: string,
    code: string,
    {
      cause,
      bytes,
      free,
      waited = 0,
    }: {
      readonly cause?: unknown;
      readonly bytes: number;
      readonly free: number | null;
      readonly waited?: number;
    },
  ) {
    super(message, path, code, { cause });
    this.bytes = bytes;
    this.free = free;
    this.waited = waited;
  }

  /** The same, once nobody waits any longer. */
  after(waited: number): StorageFullError {
    const { message, path, code, cause, bytes, free } = this;
    return new StorageFullError(`${message} There has been no room for ${waited} s.`, path, code, {
      cause,
      bytes,
      free,
      waited,
    });
  }
}

/** A compute process ended without an answer. `lastLines`: the end of what it wrote. */
export class ComputeCrashedError extends Error {
  override readonly name = 'ComputeCrashedError';
  readonly exitCode: number | null;
  readonly exitSignal: string | null;
  readonly lastLines: string;
  constructor(message: string, exitCode: number | null, exitSignal: string | null, lastLines: string) {
    super(message);
    this.exitCode = exitCode;
    this.exitSignal = exitSignal;
    this.lastLines = lastLines;
  }
}

/** A compute process was killed, or ended itself, for want of memory. */
export class OutOfMemoryError extends Error {
  override readonly name = 'OutOfMemoryError';
}

/** A job is expected to take more memory than there is for all of them: it is not begun. */
export class TooLittleMemoryError extends Error {
  override readonly name = 'TooLittleMemoryError';
}

/** A native library that a compute process needs is missing, or not whole. */
export class MissingPartError extends Error {
  override readonly name = 'MissingPartError';
}
