/** A file of a checkpoint that is not what was written: found again later, and under a running training. */
import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Decision } from '../../activities/contracts/decision.ts';
import { LocalIdentity } from '../../infra/worker/identity.ts';
import { layoutOf, type Layout } from '../../infra/store/layout.ts';
import { LocalStore } from '../../infra/store/local-store.ts';
import { damageFile, damages, type Damage } from '../support/faults/damage.ts';
import { assertSameRun, endedRun, type EndedRun } from '../support/faults/ended-run.ts';
import { faultRow, type Outcome, type Trial } from '../support/faults/fault-row.ts';
import { workersOf } from '../support/faults/processes-of.ts';
import { segments } from '../support/faults/small-run.ts';
import { StoredTraining, type StoredCopy } from '../support/faults/stored-training.ts';
import { WorkWatcher } from '../support/faults/watch-work.ts';
import type { Workshop } from '../support/faults/workshop.ts';
import { Workshops } from '../support/faults/workshops.ts';
import { noTemporal } from '../support/temporal.ts';

/** One in so many is a run of its own that is taken up again, and one is damaged while it trains. */
const realEvery = 25;
const files = ['checkpoint', 'metrics', 'record'] as const;
type File = (typeof files)[number];

interface Shared {
  readonly folder: string;
  readonly undisturbed: EndedRun;
  readonly training: StoredTraining;
}
interface Harm {
  readonly file: File;
  readonly damage: Damage;
  readonly segment: number;
}

const workshops = new Workshops();

faultRow<Shared>(import.meta.url, {
  fault:
    'A checkpoint, its metrics or its record truncated, bit-flipped or deleted, between runs and '
    + 'under a running training',
  mustHold:
    'always detected; the training falls back to the checkpoint before, says so, and ends with the '
    + 'same weights and metrics',
  trials: { short: 24, long: 500 },
  skip: noTemporal,
  atOnce: 2,
  prepare: (folder) =>
    workshops.use(folder, async (workshop) => {
      await workshop.run('undisturbed');
      // apart: what other trials damage in the workshop's store is named by the same hashes
      const original = layoutOf(join(folder, 'original'));
      cpSync(join(workshop.layout.out, '.store'), join(original.out, '.store'), { recursive: true });
      return {
        folder,
        undisturbed: endedRun(workshop.layout.out, 'undisturbed'),
        training: new StoredTraining(original, 'undisturbed', new LocalIdentity()),
      };
    }),
  trial: async (trial) => {
    switch (trial.number % realEvery) {
      case 0:
        return workshops.use(trial.shared.folder, (workshop) => damageEndedRun(trial, workshop));
      case 1:
        return workshops.use(trial.shared.folder, (workshop) => damageRunning(trial, workshop));
      default:
        return trial.number % 2 === 0 ? findAgain(trial) : goOn(trial);
    }
  },
});

const harmOf = ({ number, random }: Trial<Shared>, last: number): Harm => ({
  file: files[number % 3]!,
  damage: damages[Math.floor(number / 3) % 3]!,
  segment: Math.floor(random() * (last + 1)),
});
const counted = ({ damage, file }: Harm, more: Outcome['counts'] = {}): Outcome => ({
  counts: { [`${file} ${damage}`]: 1, ...more },
});

function pathOf(copy: StoredCopy, { file, segment }: Harm): string {
  const { checkpoint, metrics } = copy.original.segments[segment]!.output;
  return file === 'record'
    ? copy.actionPath(segment)
    : copy.objectPath(file === 'checkpoint' ? checkpoint : metrics);
}

/** What is there is taken up, by another process or by one that has read all of it before: the one segment is
 *  computed anew. */
async function findAgain(trial: Trial<Shared>): Promise<Outcome> {
  const copy = trial.shared.training.copy(trial.folder);
  const harm = harmOf(trial, segments - 1);
  const work = copy.worker();
  if (trial.random() < 0.5) await work(segments);
  damageFile(pathOf(copy, harm), harm.damage, trial.random);
  const state = await work(segments);
  assert.deepEqual(copy.computed, [harm.segment]);
  assert.deepEqual(
    state.segments.map(({ lost }) => lost === true),
    state.segments.map((_, i) => i === harm.segment),
  );
  await assertWhole(copy, state);
  return counted(harm);
}

/** The worker that has just read or written a file goes on with it. With the checkpoint before damaged too,
 *  it steps back once more. */
async function goOn(trial: Trial<Shared>): Promise<Outcome> {
  const copy = trial.shared.training.copy(trial.folder);
  const harm = { ...harmOf(trial, segments - 2), file: 'checkpoint' } as const;
  const steps = harm.segment > 0 && trial.random() < 0.25 ? 2 : 1;
  copy.forgetAfter(harm.segment);
  const work = copy.worker();
  const reached = await work(harm.segment + 1);
  for (let i = 0; i < steps; i += 1)
    damageFile(pathOf(copy, { ...harm, segment: harm.segment - i }), harm.damage, trial.random);
  const state = await work(segments, reached);
  const first = harm.segment + 1 - steps;
  assert.deepEqual(
    copy.computed,
    Array.from({ length: segments - first }, (_, i) => first + i),
  );
  assert.deepEqual(
    state.decisions.map(({ what, details }) => [what, details['how']]),
    Array.from({ length: steps }, () => ['repaired', harm.damage === 'deleted' ? 'missing' : 'damaged']),
  );
  await assertWhole(copy, state);
  return counted(harm, { 'steps back': steps });
}

/** Checkpoints and metrics are those of the undisturbed run, and all that is stored is whole. */
async function assertWhole(
  copy: StoredCopy,
  state: Awaited<ReturnType<ReturnType<StoredCopy['worker']>>>,
): Promise<void> {
  const { segments: originals } = copy.original;
  assert.deepEqual(
    state.segments.map(({ checkpoint }) => checkpoint),
    originals.map(({ output }) => output.checkpoint),
  );
  assert.deepEqual(
    state.metrics,
    originals.map(({ output }) => output.metrics),
  );
  assert.deepEqual(state.weights, originals.at(-1)!.output.weights);
  const store = new LocalStore(copy.layout);
  for (const [
    i,
    {
      output: { checkpoint, metrics },
    },
  ] of originals.entries()) {
    assert.ok((await store.has(checkpoint)) && (await store.has(metrics)), `segment ${i} is not whole`);
    assert.notEqual(await store.recall(originals[i]!.file.replace('.json', '')), null);
  }
}

/** A real run that has ended; the store's own process, which has read all of it, takes it up again. */
async function damageEndedRun(trial: Trial<Shared>, workshop: Workshop): Promise<Outcome> {
  const id = `ended-${trial.number}`;
  const { layout } = workshop;
  await workshop.run(id);
  const ended = endedRun(layout.out, id);
  const harm = harmOf(trial, segments - 1);
  const key = ended.record.steps.filter(({ name }) => name.startsWith('contrast '))[harm.segment]!.key;
  const record = join(layout.actions, `${key}.json`);
  const { output } = JSON.parse(readFileSync(record, 'utf8')) as StoredTraining['segments'][number];
  damageFile(
    harm.file === 'record'
      ? record
      : join(layout.objects, output[harm.file].sha256.slice(0, 2), output[harm.file].sha256),
    harm.damage,
    trial.random,
  );
  await workshop.run(id);
  const again = endedRun(layout.out, id);
  assertSameRun(again, trial.shared.undisturbed);
  assert.match(
    repairs(again)[0]!.sentence,
    /^contrast: 1 of 10 segments was computed anew: the files of .* are gone or damaged\.$/,
  );
  return counted(harm, { 'whole runs': 1 });
}

/** A real run whose last checkpoint is damaged before the next segment has read it. */
async function damageRunning(trial: Trial<Shared>, workshop: Workshop): Promise<Outcome> {
  const id = `running-${trial.number}`;
  const watcher = new WorkWatcher(workshop.layout);
  const harm = { ...harmOf(trial, segments - 2), file: 'checkpoint' } as const;
  const run = workshop.run(id);
  try {
    // the data set and each segment are remembered with their circumstances
    const isThere = (): boolean =>
      watcher.seen.filter(({ kind }) => kind === 'remembered').length >= 2 * (harm.segment + 2);
    await Promise.race([watcher.next(isThere), run]);
    const mayBeRead = whileStopped(workersOf(workshop.layout), () => {
      damageFile(newestCheckpoint(workshop.layout), harm.damage, trial.random);
      return readdirSync(workshop.layout.scratch).some((job) => job.startsWith('train-segment-'));
    });
    await run;
    const ended = endedRun(workshop.layout.out, id);
    assertSameRun(ended, trial.shared.undisturbed);
    const stepped = repairs(ended).filter(({ sentence }) =>
      / is (damaged|missing): back to update /.test(sentence),
    ).length;
    if (!mayBeRead) assert.equal(stepped, 1, 'nothing was said of the damage');
    return counted(harm, { 'whole runs': 1, 'steps back': stepped });
  } finally {
    watcher.close();
  }
}

function whileStopped<T>(pids: readonly number[], work: () => T): T {
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  try {
    return work();
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
}

function newestCheckpoint({ actions, objects }: Layout): string {
  const made = readdirSync(actions)
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(actions, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
    .map(
      (file) =>
        JSON.parse(readFileSync(file, 'utf8')) as StoredTraining['segments'][number] & {
          readonly activity: string;
        },
    )
    .find(({ activity }) => activity === 'train-segment')!;
  const { sha256 } = made.output.checkpoint;
  return join(objects, sha256.slice(0, 2), sha256);
}

const repairs = ({ record }: EndedRun): Decision[] =>
  record.decisions.filter(({ what }) => what === 'repaired');
