/** What ends a worker, or a command, whoever starts it again: a part or a folder that is missing, a server
 *  that cannot be had. */
import { StorageError } from '../../activities/ports/errors.ts';
import { asStorageError } from '../../activities/disk/storage-errors.ts';
import { ServerError } from '../temporal/server-error.ts';
import { SetupError } from '../setup/setup-error.mjs';
import { unloadable } from '../setup/unloadable.mjs';

/** As commands end where something needed is missing. */
export const exitWhenFatal = 5;
/** Before the sentence, in a log that nobody watches. */
export const fatalMark = 'error: ';

/** Words of Node, of Temporal's core and of sharp for modules and libraries that cannot be loaded. */
const codes = new Set(['ERR_DLOPEN_FAILED', 'MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND']);
const words = /native module|native binding|prebuilt module|Could not load the "sharp" module|\.node\b/i;

/** One sentence, with the remedy; null for any other error. */
export async function fatalSentence(thrown: unknown): Promise<string | null> {
  const { path, code: said } = (thrown ?? {}) as { readonly path?: unknown; readonly code?: string };
  // of the network there is no path
  const error =
    typeof path === 'string' && said !== 'ENOENT' ? await asStorageError(thrown, path, 0) : (thrown ?? {});
  if (error instanceof StorageError || error instanceof ServerError || error instanceof SetupError)
    return error.message;
  const { code, message = '' } = error as { readonly code?: string; readonly message?: string };
  if (!codes.has(code ?? '') && !words.test(message)) return null;
  return unloadable(message.split('\n')[0]!.replace(/[\s.:]*$/, ''));
}
