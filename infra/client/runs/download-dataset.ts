/** `--download`: the official files of a data set, got before anything starts. Nothing is downloaded unless
 *  it is asked for: hundreds of megabytes and a licence are the user's to decide about. */
import { basename, join } from 'node:path';
import { StorageError, StorageFullError } from '../../../activities/ports/errors.ts';
import { DownloadError, downloadFile, type OfficialFile } from '../../download/download-file.ts';
import { officialFiles } from '../../download/official-files.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { exitCodes } from '../../base/exit-codes.ts';

const sayEveryMs = 5000;

export const canDownload = (kind: string): boolean => officialFiles[kind] !== undefined;

/** Throws CounterflowError where the set cannot be downloaded at all, or not now. */
export async function downloadDataset(
  kind: string,
  folder: string,
  files = officialFiles[kind],
): Promise<void> {
  if (!files) {
    throw new CounterflowError(
      exitCodes.badInput,
      'Expected --download with a data set that can be downloaded '
        + `(${Object.keys(officialFiles).join(', ')}), got ${kind}. Give its files with --data-dir.`,
    );
  }
  const addresses = files.map(({ urls }) => urls[0]).join(' ');
  await downloadFiles(files, folder, `put the files (${addresses}) into a folder and give it as --data-dir`);
}

/** Throws CounterflowError with `remedy`, what can be done without a network. */
export async function downloadFiles(
  files: readonly OfficialFile[],
  folder: string,
  remedy: string,
): Promise<void> {
  const stop = new AbortController();
  const onInterrupt = (): void =>
    stop.abort(
      new CounterflowError(exitCodes.interrupted, 'Interrupted; the same command goes on with the download.'),
    );
  process.once('SIGINT', onInterrupt);
  try {
    for (const file of files)
      await downloadFile(file, join(folder, file.name), {
        signal: stop.signal,
        onProgress: progressOf(file),
      });
  } catch (error) {
    if (error instanceof StorageError)
      throw new CounterflowError(exitCodes.environment, `${noPlace(error)}, or ${remedy}.`);
    if (!(error instanceof DownloadError)) throw error;
    throw new CounterflowError(
      exitCodes.environment,
      `${error.message} Run the command again to go on where it broke off, or ${remedy}.`,
    );
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}

function noPlace(error: StorageError): string {
  const { path, code } = error;
  if (!(error instanceof StorageFullError)) return `Cannot write ${path} (${code}): make its folder writable`;
  const has = error.free === null ? '' : `, of which ${error.free.toLocaleString('en')} are free`;
  return (
    `Cannot write ${path}, which takes ${error.bytes.toLocaleString('en')} more bytes${has} (${code}): `
    + 'free some space and run the command again'
  );
}

/** Lines on standard error, now and then. */
function progressOf({ name, bytes }: OfficialFile): (done: number) => void {
  let [saidAt, from] = [-Infinity, { done: 0, at: performance.now() }];
  return (done) => {
    const now = performance.now();
    if (from.done === 0) from = { done, at: now };
    if (now - saidAt < sayEveryMs && done < bytes) return;
    saidAt = now;
    const rate = now > from.at ? `, ${((done - from.done) / 1000 / (now - from.at)).toFixed(1)} MB/s` : '';
    process.stderr.write(
      `Downloading ${basename(name)}: ${Math.floor((100 * done) / bytes)} % of `
        + `${(bytes / 1e6).toFixed(1)} MB${rate}\n`,
    );
  };
}
