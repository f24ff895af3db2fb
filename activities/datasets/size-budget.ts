/** So much of something at once, in the order of asking: whole pictures side by side would else take any
 *  memory. */

export interface SizeBudget {
  /** Waits until `amount` is free, and gives it back after the work. More than there is at all waits for all
   *  of it. */
  within<T>(amount: number, work: () => Promise<T>): Promise<T>;
}

export function createBudget(most: number): SizeBudget {
  let free = most;
  const waiting: { readonly amount: number; readonly begin: () => void }[] = [];
  const give = (amount: number): void => {
    free += amount;
    while (waiting.length > 0 && waiting[0]!.amount <= free) {
      free -= waiting[0]!.amount;
      waiting.shift()!.begin();
    }
  };
  return {
    within: async (wanted, work) => {
      const amount = Math.min(wanted, most);
      await new Promise<void>((begin) => {
        waiting.push({ amount, begin });
        give(0);
      });
      try {
        return await work();
      } finally {
        give(amount);
      }
    },
  };
}
