/** Where things are under `<out>`, the folder given by --out (default: `runs` in the checkout). */
import { join, resolve } from 'node:path';

export interface Layout {
  readonly out: string;
  /** Content-addressed files: `objects/ab/<sha256>`. */
  readonly objects: string;
  /** Outputs of activities by key: `actions/<key>.json`. */
  readonly actions: string;
  /** Marks of artifacts that were released: empty files `released/<sha256>`. */
  readonly released: string;
  /** Files of compute jobs that have not become artifacts yet. */
  readonly scratch: string;
  /** Staging folders of the attempts that are under way. */
  readonly claims: string;
  readonly logs: string;
  readonly workerLog: string;
  readonly temporal: string;
  readonly temporalDatabase: string;
  readonly temporalLog: string;
  readonly serverRecord: string;
  readonly serverLock: string;
}

export function layoutOf(out: string): Layout {
  const root = resolve(out);
  const store = join(root, '.store');
  const temporal = join(root, '.temporal');
  const logs = join(root, '.logs');
  return {
    out: root,
    objects: join(store, 'objects'),
    actions: join(store, 'actions'),
    released: join(store, 'released'),
    scratch: join(store, 'scratch'),
    claims: join(store, 'claims'),
    logs,
    workerLog: join(logs, 'worker.log'),
    temporal,
    temporalDatabase: join(temporal, 'temporal.db'),
    temporalLog: join(logs, 'temporal.log'),
    serverRecord: join(temporal, 'server.json'),
    serverLock: join(temporal, 'server.lock'),
  };
}

export const isRunId = (text: string): boolean => /^[A-Za-z0-9][\w.-]*$/.test(text);

/** `<out>/<run id>`, refusing names that would lead out of it. */
export function runFolder(layout: Layout, runId: string): string {
  if (!isRunId(runId)) {
    throw new Error(
      'A run id is letters, digits, dots, dashes and underscores, and starts with a letter or digit; '
        + `got "${runId}".`,
    );
  }
  return join(layout.out, runId);
}
