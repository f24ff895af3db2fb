/** The workflows as one file for the worker's sandbox, bundled once for each state of their code. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type Logger, type WorkflowBundle } from '@temporalio/worker';
import { codeHashOf } from './code-hash.ts';
import { packageVersion } from '../setup/package-version.ts';
import { cached } from '../setup/cache.mjs';
import { writeAtomically } from '../store/atomic-write.ts';

/** Bundling takes seconds; a bundle of the same code is taken from the cache. */
export async function workflowBundle(workflows: URL, logger: Logger): Promise<WorkflowBundle> {
  const path = cached('workflows', `${await bundleKey(workflows)}.js`);
  const found = await readFile(path, 'utf8').catch(() => null);
  if (found !== null) return { code: found };
  const bundle = await bundleWorkflowCode({ workflowsPath: fileURLToPath(workflows), logger });
  await writeAtomically(path, bundle.code);
  return bundle;
}

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
