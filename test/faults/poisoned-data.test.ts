/** Data sets, networks and statistics that are damaged, or were made wrong. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { faultRow, type Outcome, type Trial } from '../support/faults/fault-row.ts';
import { chosen } from '../support/faults/poison/chosen-poisons.ts';
import { featurePoisons } from '../support/faults/poison/feature-poisons.ts';
import { giveFeatures, poisonedFile, writeFeatures } from '../support/faults/poison/give-features.ts';
import { assertNames, givePoison, writePoisoned } from '../support/faults/poison/give-poison.ts';
import type { Poison } from '../support/faults/poison/poison.ts';
import { cifar, damages } from '../support/faults/poison/poisoned-sets.ts';
import { refuseRun, type PoisonedRun } from '../support/faults/poison/refused-runs.ts';
import { wrongHashes } from '../support/faults/poison/whole-sets.ts';
import { Workshops } from '../support/faults/workshops.ts';
import { noTemporal } from '../support/temporal.ts';

/** The first two of so many trials go through the command line and a worker; the others to the activity
 *  itself. */
const realEvery = 50;
/** A stride that meets each poison once before one comes again, so that the first few are of all kinds. */
const stride = 37;
const poisons = [...chosen, ...Object.values(wrongHashes), ...damages, ...featurePoisons];
const chosenBy = (name: RegExp): Poison => [...chosen, ...damages].find((poison) => name.test(poison.name))!;
const throughAll = [
  chosenBy(/a label is NaN/),
  wrongHashes.mnist,
  chosenBy(/unpacked: a label over 9/),
  chosenBy(/archive: a bit is/),
  chosenBy(/gzipped: a file is cut/),
  chosenBy(/TIFF with pixels of NaN/),
  chosenBy(/^SVHN: a file is cut/),
  chosenBy(/split that is none/),
  featurePoisons[0]!,
  chosenBy(/PNGs: a bit is/),
  featurePoisons[3]!,
  chosenBy(/archive: a label over 9/),
];

const workshops = new Workshops();

faultRow<string>(import.meta.url, {
  fault:
    'Poisoned data: other content under official names, pixels and labels that cannot be, files cut, '
    + 'changed by a bit or gone; networks and statistics of no numbers',
  mustHold:
    "refused before the first training step, once, with the file's name, and nothing is left in the "
    + 'store; what passes gives the same data, or is a change that no checksum covers',
  trials: { short: 22, long: 300 },
  skip: noTemporal,
  prepare: async (folder) => folder,
  trial: (trial) => (trial.number % realEvery < 2 ? throughEverything(trial) : toReader(trial)),
});

async function toReader({ number, folder, random }: Trial<string>): Promise<Outcome> {
  const poison = poisons[(number * stride) % poisons.length]!;
  return {
    counts: {
      [await ('set' in poison ? givePoison(poison, folder, random) : giveFeatures(poison, folder, random))]:
        1,
    },
  };
}

async function throughEverything(trial: Trial<string>): Promise<Outcome> {
  const poison =
    throughAll[(2 * Math.floor(trial.number / realEvery) + (trial.number % realEvery)) % throughAll.length]!;
  const poisoned = await runOf(poison, trial);
  await workshops.use(trial.shared, (workshop) => refuseRun(poisoned, workshop, `poisoned-${trial.number}`));
  return { counts: { 'refused by the command line and by a worker': 1 } };
}

async function runOf(
  poison: (typeof throughAll)[number],
  { folder, random }: Trial<string>,
): Promise<PoisonedRun> {
  const dataDir = join(folder, 'data');
  if ('set' in poison) {
    const change = await writePoisoned(poison, dataDir, random);
    return {
      ...poison.set,
      name: poison.name,
      dataDir,
      named: (message) => assertNames(poison, change, message),
    };
  }
  await writePoisoned({ name: 'none', set: cifar, change: () => ({}) }, dataDir, random);
  return {
    ...cifar,
    name: poison.name,
    dataDir,
    ...writeFeatures(poison, folder, random),
    named: (message) => assert.ok(message.includes(poisonedFile(poison)), message),
  };
}
