import { allCases } from '../support/faults/hostile/all-cases.ts';
import { holdCase, limits } from '../support/faults/hostile/hold-case.ts';
import { faultRow } from '../support/faults/fault-row.ts';
import { canWatch } from '../support/faults/watched-process.ts';

faultRow(import.meta.url, {
  fault:
    'Bombs, links, names and files that lead out of their folder, given to every reader and to the '
    + 'command line',
  mustHold:
    `nothing outside is read or written${canWatch ? '' : ' as far as can be seen without strace'}; `
    + `refused within ${limits.seconds} s and ${limits.megabytes} MB`,
  trials: { short: 22, long: allCases.length },
  timeoutMs: 120_000,
  trial: async ({ number, random, folder }) => {
    const hostile = allCases[number]!;
    await holdCase(hostile, folder, random);
    return { counts: { [hostile.kind]: 1 } };
  },
});
