/** The one place where errors of files become ours: typed, with the path and what to do. Where there is no
 *  room, work that has a pulse waits for it. */
import { freeBytes } from './free-bytes.ts';
import { StorageError, StorageFullError } from '../ports/errors.ts';
import { patience, waitForRoom } from './wait-for-space.ts';

/** No file takes less. */
const smallest = 4096;

const remedies: Readonly<Record<string, string>> = {
  EACCES: 'Permission is missing: make the folder writable, or choose another one with --out.',
  EPERM: 'Permission is missing: make the folder writable, or choose another one with --out.',
  EROFS: 'The file system is read-only: choose another folder with --out.',
  ENOTDIR: 'There is a file in place of a folder: move it away, or choose another folder with --out.',
  EEXIST: 'There is a file in place of a folder: move it away, or choose another folder with --out.',
  EISDIR: 'There is a folder in place of a file: move it away, or choose another folder with --out.',
  EIO: 'The disk reports an input/output error.',
  EMFILE: 'Too many files are open: raise the limit (ulimit -n).',
};

const noRoom: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: free some space, or choose another folder with --out',
  EDQUOT: 'the disk quota is used up: free some space, or choose another folder with --out',
  EFBIG:
    'larger files are forbidden here: raise the limit (ulimit -f), or choose another file system with --out',
};

/** Runs file operations about `path`, which take `bytes` there; they may be run again, once there is room.
 *  Throws StorageError, StorageFullError. */
export async function withStorageErrors<T>(
  path: string,
  operation: () => Promise<T>,
  bytes = smallest,
): Promise<T> {
  const patient = patience.getStore();
  let waiting = null;
  for (;;) {
    try {
      const done = await operation();
      waiting?.end();
      return done;
    } catch (error) {
      const ours = await asStorageError(error, path, Math.max(bytes, smallest));
      if (!(ours instanceof StorageFullError) || patient === undefined) throw ours;
      waiting ??= waitForRoom(patient, ours);
      await waiting.next(ours);
    }
  }
}

/** Of what the system says; any other error as it is. */
export async function asStorageError(error: unknown, path: string, bytes: number): Promise<unknown> {
  if (!isSystemError(error)) return error;
  const why = noRoom[error.code];
  if (why === undefined)
    return new StorageError(
      `Cannot use ${path}: ${error.code}. ${remedies[error.code] ?? error.message}`,
      path,
      error.code,
      { cause: error },
    );
  const free = await freeBytes(path);
  const has = free === null ? '' : `, of which ${number(free)} are free`;
  return new StorageFullError(
    `Cannot write ${path}, which takes ${number(bytes)} bytes${has}: ${why} (${error.code}).`,
    path,
    error.code,
    { cause: error, bytes, free },
  );
}

export function isSystemError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';
}

const number = (value: number): string => value.toLocaleString('en');
