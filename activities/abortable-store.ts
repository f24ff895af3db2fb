/** The store as one activity sees it: hashing and copying files of gigabytes ends when the activity is to end. */
import type { ArtifactStore } from './ports.ts';

export const abortable = (store: ArtifactStore, signal: AbortSignal): ArtifactStore => ({
  put: (content) => store.put(content, signal),
  get: (ref) => store.get(ref),
  path: (ref) => store.path(ref, signal),
  has: (ref) => store.has(ref, signal),
  recall: (key) => store.recall(key, signal),
  claiming: (key, attempt, work) => store.claiming(key, attempt, work),
  alone: (key, pulse, work) => store.alone(key, pulse, work),
  remember: (key, record, claim) => store.remember(key, record, claim),
  replace: (key, record, claim) => store.replace(key, record, claim),
});
