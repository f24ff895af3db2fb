/** The store as one activity sees it: hashing and copying files of gigabytes ends when the activity is to
 *  end. */
import type { ArtifactStore } from '../ports/store.ts';

export const abortable = (store: ArtifactStore, signal: AbortSignal): ArtifactStore => ({
  put: (content) => store.put(content, signal),
  take: (file) => store.take(file, signal),
  release: (ref, claim) => store.release(ref, claim),
  isReleased: (ref) => store.isReleased(ref),
  get: (ref) => store.get(ref),
  path: (ref) => store.path(ref, signal),
  has: (ref) => store.has(ref, signal),
  recall: (key, wanted) => store.recall(key, { ...wanted, signal }),
  fenced: (key, attempt, work) => store.fenced(key, attempt, work),
  locked: (key, heartbeat, work) => store.locked(key, heartbeat, work),
  remember: (key, record, claim, wanted) => store.remember(key, record, claim, wanted),
  replace: (key, record, claim) => store.replace(key, record, claim),
});
