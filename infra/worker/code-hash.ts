/** Identity of code: the SHA-256 of a module bundled with all of ours that it reaches. Comments, types,
 *  layout, unrelated modules, names of files and of what is declared do not count; names of properties and of
 *  the entry's exports do, for they are seen in results. */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { minify } from 'terser';

const checkout = fileURLToPath(new URL('../..', import.meta.url));

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
  const { code } = await minify(outputFiles[0]!.text, {
    module: true,
    compress: false,
    mangle: { nth_identifier: numbered },
  });
  return createHash('sha256').update(code!).digest('hex');
}

/** In the order of definition. Short names, as minifiers choose them, depend on the letters of those they
 *  replace. */
const numbered = { get: (n: number): string => `_${n}` };
