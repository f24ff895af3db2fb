/** The ground on a local disk: what activities are handed by a worker. */
import type { Ports } from '../../activities/ports/ports.ts';
import { ComputePool } from '../compute/pool.ts';
import { LocalIdentity } from './identity.ts';
import type { Layout } from '../store/layout.ts';
import { LocalRunDirectory } from './run-directory.ts';
import { roomWithinMs } from '../store/disk-wait-limit.ts';
import { LocalStore } from '../store/local-store.ts';

export interface LocalPorts extends Ports {
  readonly store: LocalStore;
  readonly compute: ComputePool;
}

export function createPorts(layout: Layout): LocalPorts {
  const store = new LocalStore(layout);
  return {
    store,
    compute: new ComputePool({ logs: layout.logs }),
    runs: new LocalRunDirectory(layout, store),
    identity: new LocalIdentity(),
    scratch: layout.scratch,
    roomWithinMs: roomWithinMs(),
  };
}
