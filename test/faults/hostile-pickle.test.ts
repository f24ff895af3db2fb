import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { faultRow } from '../support/faults/fault-row.ts';
import { holdCase } from '../support/faults/hostile/hold-case.ts';
import { pickleCases } from '../support/faults/hostile/pickle-cases.ts';

/** Node itself, and the compiler through which it runs TypeScript. */
const programs = new Set(['node', 'esbuild']);
const stride = 7;

faultRow(import.meta.url, {
  fault:
    'Pickles that are no tensors and no arrays: the usual exploit opcodes, as weights in both forms '
    + 'of torch.save and as batches of CIFAR-10',
  mustHold: 'refused; nothing executed',
  trials: { short: 16, long: pickleCases.length },
  timeoutMs: 120_000,
  trial: async ({ number, random, folder }) => {
    // a stride that meets every case once, so that the first few are of all kinds
    const hostile = pickleCases[(number * stride) % pickleCases.length]!;
    const { programs: started } = await holdCase(hostile, folder, random);
    assert.deepEqual(
      started.filter((program) => !programs.has(basename(program))),
      [],
      `${hostile.name}: it started a program`,
    );
    return { counts: { pickles: 1 } };
  },
});
