/** The workflows as one file for the worker's sandbox, bundled once for each state of their code. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type BundleOptions, type Logger, type WorkflowBundle } from '@temporalio/worker';
import { codeHashOf } from './code-hash.ts';
import { packageVersion } from '../setup/package-version.ts';
import { cached } from '../setup/cache.mjs';
import { writeAtomically } from '../store/atomic-write.ts';

/** Bundling takes seconds; a bundle of the same code is taken from the cache. */
export async function workflowBundle(workflows: URL, logger: Logger): Promise<WorkflowBundle> {
  const path = cached('workflows', `${await bundleKey(workflows)}.js`);
  const found = await readFile(path, 'utf8').catch(() => null);
  if (found !== null) return { code: found };
  const bundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(workflows),
    logger,
    webpackConfigHook: alsoInPackages,
  });
  await writeAtomically(path, bundle.code);
  return bundle;
}

/** Temporal's bundler takes the TypeScript of no package; ours is one, where it is installed. */
function alsoInPackages(config: WebpackConfig): WebpackConfig {
  const rules = (config.module?.rules ?? []).map((rule) =>
    typeof rule === 'object' && rule !== null && String(rule.test) === String(/\.ts$/)
      ? { ...rule, exclude: [] }
      : rule,
  );
  return { ...config, module: { ...config.module, rules } };
}

type WebpackConfig = Parameters<NonNullable<BundleOptions['webpackConfigHook']>>[0];

/** Its path is part of it: a bundle's source maps name files. */
async function bundleKey(workflows: URL): Promise<string> {
  const parts = [
    workflows.href,
    await codeHashOf(workflows),
    packageVersion('@temporalio/workflow'),
    packageVersion('@temporalio/worker'),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
