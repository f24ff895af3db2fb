/** Run after run in one worker: it holds as much of the machine after the last as after the first. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { faultRow, type Outcome } from '../support/faults/fault-row.ts';
import { growthOf, type Growth } from '../support/faults/growth.ts';
import {
  collectingOptions,
  holdingsOf,
  isCompilersCache,
  memoryOf,
  restingHoldings,
  settledHoldings,
  type Memory,
} from '../support/faults/holdings.ts';
import { computesOf, workersOf } from '../support/faults/processes-of.ts';
import { Workshop } from '../support/faults/workshop.ts';
import { noTemporal } from '../support/temporal.ts';

/** The least that passes through every stage. */
const least = [
  'dataset.trainCount=50',
  'dataset.testCount=20',
  'contrast.updates=2',
  'contrast.batchSize=10',
  'contrast.probeEvery=2',
];

/** Runs of one training, which one process keeps loaded: counts are the same from the second run on. */
const few = { warmUp: 3, measured: 4 };
/** Every run another training, so that processes are started until there are enough, and then load one graph
 *  after another. */
const many = { warmUp: 2 * availableParallelism() + 28, runs: 500, block: 20 };
/** KiB a run. */
const mostGrowth = 100;
/** Before the processes of a trial are given their own. */
const everybodys = tmpdir();
const { NODE_OPTIONS: nodeOptions } = process.env;

faultRow(import.meta.url, {
  fault:
    `small runs in one worker, one after another: ${few.warmUp + few.measured} of one training, `
    + `${many.runs} of as many trainings`,
  mustHold:
    `not one file handle, process, log or temporary file more; over the ${many.runs} the memory of `
    + 'worker and of compute processes, which collect their garbage every second, grows by less than '
    + `${mostGrowth} KiB a run, at 95 %`,
  // the second is the long one
  trials: { short: 1, long: 2 },
  skip: noTemporal,
  timeoutMs: 3 * 3_600_000,
  trial: async ({ number, folder }) => {
    const temporaryFiles = ownTemporaryFolder(folder);
    process.env['NODE_OPTIONS'] = `${nodeOptions ?? ''} ${collectingOptions()}`;
    let workshop: Workshop | null = null;
    try {
      workshop = await Workshop.open(join(folder, 'workshop'));
      return await (number === 0 ? runFew(workshop, temporaryFiles) : runMany(workshop, temporaryFiles));
    } finally {
      process.env['TMPDIR'] = everybodys;
      if (nodeOptions === undefined) delete process.env['NODE_OPTIONS'];
      else process.env['NODE_OPTIONS'] = nodeOptions;
      await workshop?.close();
    }
  },
});

/** Of the processes started from now on, so that nobody else's files count. */
function ownTemporaryFolder(folder: string): string {
  const own = join(folder, 'temporary');
  mkdirSync(own);
  for (const cache of readdirSync(everybodys).filter(isCompilersCache))
    symlinkSync(join(everybodys, cache), join(own, cache));
  process.env['TMPDIR'] = own;
  return own;
}

async function runFew(workshop: Workshop, temporaryFiles: string): Promise<Outcome> {
  const look = () => holdingsOf(workshop.layout, temporaryFiles);
  for (let i = 0; i < few.warmUp; i += 1) await workshop.run(`warm-up-${i}`, least);
  requireCollecting(workshop);
  const before = await restingHoldings(look);
  for (let i = 0; i < few.measured; i += 1) await workshop.run(`run-${i}`, least);
  assert.deepEqual(await settledHoldings(before, look), before);
  assert.deepEqual(before.temporary, []);
  return {
    counts: {
      runs: few.warmUp + few.measured,
      descriptors: before.descriptors,
      processes: before.programs.length,
    },
  };
}

async function runMany(workshop: Workshop, temporaryFiles: string): Promise<Outcome> {
  const look = () => holdingsOf(workshop.layout, temporaryFiles);
  const run = (i: number): Promise<void> => workshop.run(`run-${i}`, [...least, `seed=${i}`]);
  for (let i = 0; i < many.warmUp; i += 1) await run(i);
  requireCollecting(workshop);
  const before = await restingHoldings(look);
  const memory: Memory[] = [];
  for (let i = many.warmUp; i < many.runs; i += 1) {
    await run(i);
    memory.push(memoryOf(workshop.layout));
  }
  assert.deepEqual(await settledHoldings(before, look), before);
  const grown = {
    worker: growthOf(
      memory.map(({ workerKiB }) => workerKiB),
      many.block,
    ),
    computes: growthOf(
      memory.map(({ computesKiB }) => computesKiB),
      many.block,
    ),
  };
  const told = Object.entries(grown)
    .map(
      ([name, { perStep, standardError }]) =>
        `${name} ${perStep.toFixed(1)} +- ${standardError.toFixed(1)} KiB a run`,
    )
    .join(', ');
  for (const growth of Object.values(grown)) assert.ok(upperOf(growth) < mostGrowth, told);
  const figures = Object.entries(grown).map(
    ([name, growth]) =>
      [`${name}, KiB a run (95 % below ${upperOf(growth).toFixed(0)})`, growth.perStep] as const,
  );
  return { counts: { runs: many.runs, ...Object.fromEntries(figures) } };
}

/** All that is measured has taken the option. */
function requireCollecting({ layout }: Workshop): void {
  for (const pid of [...workersOf(layout), ...computesOf(layout)])
    assert.ok(readFileSync(`/proc/${pid}/environ`, 'utf8').includes(collectingOptions()), `${pid}`);
}

/** What it is below with a probability of 95 %. */
const upperOf = ({ perStep, standardError }: Growth): number => perStep + 1.7 * standardError;
