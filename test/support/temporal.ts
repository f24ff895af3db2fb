/** A real Temporal server for a test file: the binary that set-up provides, or a reason why there is none. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { readNative } from '../../infra/setup/native.ts';

/** COUNTERFLOW_TEMPORAL, else what set-up found, else a `temporal` on the PATH; null: there is none. */
export function temporalBinary(): string | null {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'temporal'));
  const candidates = [process.env['COUNTERFLOW_TEMPORAL'] ?? '', fromSetUp() ?? '', ...onPath];
  return candidates.find((file) => file !== '' && existsSync(file)) ?? null;
}

function fromSetUp(): string | null {
  try {
    return readNative().temporal.path;
  } catch {
    return null;
  }
}

/** For `describe(..., { skip })`. */
export const noTemporal: string | false =
  temporalBinary() === null ? 'no temporal binary: run set-up, or name one in COUNTERFLOW_TEMPORAL' : false;

const quiet = new DefaultLogger('ERROR');

/** Keeps the expected failures of tests out of their output, and lets the runner's SIGTERM end a file that
 *  hangs. Once in a process, before anything else of Temporal's. */
export const quietRuntime = (): Runtime =>
  Runtime.install({
    logger: quiet,
    shutdownSignals: [],
    telemetryOptions: { logging: { forward: {}, filter: 'OFF' } },
  });

/** Workflows wait for activities, not for timers: a real clock will do, and the server is the one users have.
 *  Once in a process. */
export function startTemporal(extraArgs: string[] = []): Promise<TestWorkflowEnvironment> {
  quietRuntime();
  return TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: temporalBinary()! },
      log: { format: 'json', level: 'error' },
      extraArgs,
    },
  });
}

/** A server that runs already, with a namespace `default`. Once in a process. */
export function connectTemporal(address: string): Promise<TestWorkflowEnvironment> {
  quietRuntime();
  return TestWorkflowEnvironment.createFromExistingServer({ address });
}

/** `workflowInterceptorModules`: paths of files. */
export const bundleWorkflows = (
  workflowInterceptorModules: string[] = [],
): Promise<WorkflowBundleWithSourceMap> =>
  bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)),
    workflowInterceptorModules,
    logger: quiet,
  });
