/** Ports in memory: a store, a run directory, and a compute that answers as it is told. */
import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArtifactRef } from '../../activities/contracts/artifact.ts';
import type { Compute } from '../../activities/ports/compute.ts';
import { StorageError } from '../../activities/ports/errors.ts';
import type { Ports } from '../../activities/ports/ports.ts';
import type { ArtifactStore } from '../../activities/ports/store.ts';
import type { ActivityScope } from '../../activities/step/heartbeat.ts';

/** Of an activity that nothing befalls. */
export const calmLife: ActivityScope = {
  signal: new AbortController().signal,
  onProgress: () => undefined,
  attempt: { workflowId: 'a-workflow', activity: 'anActivity', isAwaited: async () => true },
  waited: [],
};

export interface FakePorts extends Ports {
  /** Files of run directories, by run id and name. */
  readonly written: Map<string, Uint8Array>;
  /** What the identity says; tests change it. */
  readonly identityIs: { code: string; native: Record<string, string> };
  readonly objects: Map<string, Uint8Array>;
  readonly actions: Map<string, { output: unknown; at: string }>;
}

export function fakePorts(
  run: Compute['run'] = () => Promise.reject(new Error('No compute in this test.')),
): FakePorts {
  const folder = mkdtempSync(join(tmpdir(), 'counterflow-ports-'));
  const objects = new Map<string, Uint8Array>();
  const released = new Set<string>();
  const actions: FakePorts['actions'] = new Map();
  const written: FakePorts['written'] = new Map();
  const at = '2026-01-02T03:04:05.678Z';
  const identityIs = { code: 'code 1', native: { tensorflow: '2.21.0', device: 'cpu' } };
  const store: ArtifactStore = {
    put: async (content) => {
      const bytes = content instanceof Uint8Array ? content : await readFile(content.file);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      objects.set(sha256, bytes);
      return { uri: `artifact://sha256/${sha256}`, sha256, bytes: bytes.length };
    },
    take: async (file) => store.put({ file }),
    release: async ({ sha256 }) => {
      objects.delete(sha256);
      released.add(sha256);
    },
    isReleased: async ({ sha256 }) => released.has(sha256) && !objects.has(sha256),
    get: async ({ sha256 }) => objects.get(sha256) ?? missing(sha256),
    path: async ({ sha256 }) => {
      const path = join(folder, sha256);
      writeFileSync(path, objects.get(sha256) ?? missing(sha256));
      return path;
    },
    has: async ({ sha256 }) => objects.has(sha256),
    recall: async <T>(key: string, { whole = false } = {}) => {
      const found = actions.get(key);
      return found
        && refsIn(found.output).every(({ sha256 }) => objects.has(sha256) || (!whole && released.has(sha256)))
        ? (found as { output: T; at: string })
        : null;
    },
    fenced: (_key, _attempt, work) => work({ staging: folder }),
    locked: (_key, _pulse, work) => work(),
    remember: async (key, { output }) => {
      actions.set(key, { output, at });
      return output;
    },
    replace: async (key, { output }) => void actions.set(key, { output, at }),
  };
  return {
    store,
    objects,
    actions,
    written,
    identityIs,
    scratch: join(folder, 'scratch'),
    compute: { run, release: async () => undefined },
    runs: {
      path: (runId) => join(folder, runId),
      claiming: (_runId, _attempt, work) => work({ staging: folder }),
      read: async (runId, name) => {
        const bytes = written.get(`${runId}/${name}`);
        return bytes === undefined ? null : Buffer.from(bytes).toString('utf8');
      },
      write: async (runId, name, content) => void written.set(`${runId}/${name}`, Buffer.from(content)),
      neededByOthers: async () => () => false,
      link: async (runId, name, ref) => void written.set(`${runId}/${name}`, await store.get(ref)),
    },
    identity: {
      codeHash: async () => identityIs.code,
      native: async () => identityIs.native,
      environment: async () => ({ commit: 'abc' }),
    },
  };
}

function missing(sha256: string): never {
  throw new StorageError(`A stored artifact is missing: ${sha256}.`, sha256, 'missing');
}

function refsIn(value: unknown): ArtifactRef[] {
  if (typeof value !== 'object' || value === null) return [];
  return 'sha256' in value && 'uri' in value ? [value as ArtifactRef] : Object.values(value).flatMap(refsIn);
}
