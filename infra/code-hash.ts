/** Identity of code: the SHA-256 of a module bundled with all of ours that it reaches. Comments, types, layout and unrelated modules do not count. */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const checkout = fileURLToPath(new URL('..', import.meta.url));

export async function codeHashOf(module: URL): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(module)],
    absWorkingDir: checkout,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minifyWhitespace: true,
    legalComments: 'none',
    write: false,
    logLevel: 'silent',
  });
  return createHash('sha256').update(outputFiles[0]!.contents).digest('hex');
}
