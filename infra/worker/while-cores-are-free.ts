/** A worker asks the server for a task while it has cores for it: what waits, waits on the server, where
 *  other workers find it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ActivitySlotInfo, CustomSlotSupplier, SlotPermit } from '@temporalio/worker';

export interface Cores {
  /** Some are free and nobody waits for them. */
  readonly hasRoom: boolean;
  /** How many jobs have asked for cores so far. */
  readonly asked: number;
}

interface Permit extends SlotPermit {
  readonly askedBefore: number;
  /** When its task arrived; null: the server is still being asked. */
  arrivedAt: number | null;
}

const lookEveryMs = 50;
/** A task whose output is found asks for no cores at all: after this long the next one need not wait for
 *  it. */
const asksWithinMs = 2000;

/** One task at a time is fetched, or on its way to its cores. */
export function whileCoresAreFree(cores: Cores): CustomSlotSupplier<ActivitySlotInfo> {
  let latest: Permit | null = null;
  const onItsWay = (): boolean => {
    if (latest === null) return false;
    return (
      latest.arrivedAt === null
      || (cores.asked === latest.askedBefore && Date.now() - latest.arrivedAt < asksWithinMs)
    );
  };
  return {
    type: 'custom',
    async reserveSlot(_context, signal) {
      while (onItsWay() || !cores.hasRoom) await sleep(lookEveryMs, undefined, { signal });
      return (latest = { askedBefore: cores.asked, arrivedAt: null } satisfies Permit);
    },
    // an eager task would come past the other workers
    tryReserveSlot: () => null,
    markSlotUsed({ permit }) {
      (permit as Permit).arrivedAt = Date.now();
    },
    releaseSlot({ permit }) {
      if (permit === latest) latest = null;
    },
  };
}
