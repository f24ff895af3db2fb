// @ts-check
/** TensorFlow's C library as its own archive: older than the wheel, but it needs no Python. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fillOnce } from './cache.mjs';
import { command } from './command.mjs';
import { download } from './download.mjs';
import { tensorflow } from './pins.mjs';
import { during, say } from './progress.mjs';
import { SetupError } from './setup-error.mjs';
import { describe, folderOf, readDescription } from './tensorflow-cache.mjs';

/** @param {boolean} gpu @param {AbortSignal} signal */
export async function fromArchive(gpu, signal) {
  const directory = await fillOnce(folderOf('archive', gpu), async (temporary) => {
    const archive = join(temporary, 'archive.tar.gz');
    say(`TensorFlow: downloading the archive of ${tensorflow.archive.version}`);
    await during(
      'TensorFlow: downloading',
      download(tensorflow.archive.url(gpu ? 'gpu' : 'cpu'), archive, { signal }),
    );
    await command('tar', ['-xzf', archive, '-C', temporary], { timeoutMs: 600_000, signal });
    rmSync(archive);
    const libraries = ['lib/libtensorflow.so.2', 'lib/libtensorflow_framework.so.2'];
    const missing = [...libraries, 'include/tensorflow/c/c_api.h'].find(
      (path) => !existsSync(join(temporary, path)),
    );
    if (missing) throw new SetupError(`it holds no ${missing}, only ${readdirSync(temporary).join(', ')}`);
    describe(temporary, {
      version: tensorflow.archive.version,
      source: 'official archive',
      gpu,
      libraries,
      includeDir: 'include',
      loaderPath: [],
      toolPath: [],
    });
  });
  return readDescription(directory);
}
