/** A real Temporal server for a test file: the binary that set-up provides, or a reason why there is none. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Runtime, type WorkflowBundleWithSourceMap } from '@temporalio/worker';

/** COUNTERFLOW_TEMPORAL, else a `temporal` on the PATH or in set-up's cache; null: there is none. */
export function temporalBinary(): string | null {
  const named = process.env['COUNTERFLOW_TEMPORAL'];
  if (named) return named;
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), join(homedir(), 'go', 'bin')];
  return folders.map((folder) => join(folder, 'temporal')).find((file) => existsSync(file)) ?? null;
}

/** For `describe(..., { skip })`. */
export const noTemporal: string | false = temporalBinary() === null
  ? 'no temporal binary: run set-up, or name one in COUNTERFLOW_TEMPORAL'
  : false;

const quiet = new DefaultLogger('ERROR');

/** Workflows wait for activities, not for timers: a real clock will do, and the server is the one users have. Once in a process. */
export function startTemporal(): Promise<TestWorkflowEnvironment> {
  Runtime.install({ logger: quiet, telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } } });
  return TestWorkflowEnvironment.createLocal({ server: { executable: { type: 'existing-path', path: temporalBinary()! }, log: { format: 'json', level: 'error' } } });
}

export const bundleWorkflows = (): Promise<WorkflowBundleWithSourceMap> =>
  bundleWorkflowCode({ workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)), logger: quiet });
