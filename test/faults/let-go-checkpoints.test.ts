/** Checkpoints are removed while a training goes on: kill -9 while they are written and removed, and runs
 *  that ask for what is gone. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { RunRequest } from '../../activities/contracts/run.ts';
import type { RunRecord } from '../../activities/record/run-record.ts';
import type { Layout } from '../../infra/store/layout.ts';
import type { Finding } from '../../infra/verify/finding.ts';
import { verifyRun } from '../../infra/verify/verify-run.ts';
import { CheckpointCount } from '../support/faults/checkpoint-count.ts';
import { assertSameRun, endedRun, type EndedRun } from '../support/faults/ended-run.ts';
import { faultRow, type Outcome, type Trial } from '../support/faults/fault-row.ts';
import { kill, type Victim } from '../support/faults/kill.ts';
import { segments, smallRequest } from '../support/faults/small-run.ts';
import { WorkWatcher } from '../support/faults/watch-work.ts';
import type { Workshop } from '../support/faults/workshop.ts';
import { Workshops } from '../support/faults/workshops.ts';
import { noTemporal } from '../support/temporal.ts';

// also of so small a state the first updates of the next segment are made while a checkpoint is kept
process.env.COUNTERFLOW_AHEAD_MB = '0';

/** The last alone, for no rollback may come. */
const fewest = [
  'contrast.checkpoints.keep=1',
  'contrast.checkpoints.every=null',
  'contrast.recovery.maxRollbacks=0',
];
const kills = 2;
/** Of the trial's run the last and the one that has just been stored, and the last of the undisturbed run. A
 *  kill may hold up one removal until the attempt after it, while the training goes on: four were seen. */
const mostAtOnce = 3 + kills;
const halfWay = 10;

interface Shared {
  readonly folder: string;
  readonly undisturbed: EndedRun;
  readonly halfWay: EndedRun;
}

const workshops = new Workshops();

faultRow<Shared>(import.meta.url, {
  fault:
    'kill -9 of the worker or of its compute processes while checkpoints are written and removed; of '
    + 'every third run a part is asked for whose checkpoint is gone, and its last is deleted',
  mustHold:
    `the weights and metrics of an undisturbed run; never more than ${mostAtOnce} of the ${segments} `
    + 'checkpoints on the disk; every file that is named is there',
  trials: { short: 3, long: 60 },
  skip: noTemporal,
  prepare: (folder) =>
    workshops.use(folder, async (workshop) => {
      await workshop.run('undisturbed', fewest);
      await workshop.answer({ ...smallRequest('half-way', fewest), until: halfWay });
      const [whole, half] = ['undisturbed', 'half-way'].map((id) => endedRun(workshop.layout.out, id));
      rmSync(join(workshop.layout.out, 'half-way'), { recursive: true });
      return { folder, undisturbed: whole!, halfWay: half! };
    }),
  trial: (trial) =>
    workshops.use(trial.shared.folder, (workshop) =>
      trial.number % 3 === 2 ? askForWhatIsGone(trial, workshop) : killTwice(trial, workshop),
    ),
});

async function killTwice({ number, random, shared }: Trial<Shared>, workshop: Workshop): Promise<Outcome> {
  const id = `killed-${number}`;
  const { layout } = workshop;
  const count = new CheckpointCount(layout);
  const watcher = new WorkWatcher(layout);
  const run = workshop.run(id, fewest);
  try {
    for (let i = 0; i < kills; i += 1) {
      const victim: Victim = (number + i) % 2 === 0 ? 'worker' : 'compute';
      await Promise.race([(number + i) % 2 === 0 ? nextRelease(layout) : watcher.anywhere(random), run]);
      await Promise.race([kill(workshop, victim), run]);
    }
    await run;
  } finally {
    watcher.close();
    count.close();
  }
  const ended = endedRun(layout.out, id);
  assertSameRun(ended, shared.undisturbed);
  await assertReleased(layout, ended.record);
  assert.ok(count.most <= mostAtOnce, `${count.most} checkpoints at once`);
  return { counts: { kills, 'checkpoints at once, summed': count.most } };
}

/** The first run has gone further than the second is to go; then its own last checkpoint is lost. */
async function askForWhatIsGone({ number, shared }: Trial<Shared>, workshop: Workshop): Promise<Outcome> {
  const { layout } = workshop;
  const shares = (id: string): RunRequest => ({ ...smallRequest(id, fewest), fresh: false });
  const [first, second] = [`first-${number}`, `second-${number}`];
  await workshop.answer(shares(first));
  await workshop.answer({ ...shares(second), until: halfWay });
  const half = endedRun(layout.out, second);
  assert.deepEqual(half.record.weightsSha256, shared.halfWay.record.weightsSha256);
  assert.equal(half.metrics, shared.halfWay.metrics);
  assert.match(
    half.record.decisions.find(({ what }) => what === 'repaired')!.sentence,
    /^contrast: its checkpoint of update 10 was released: back to update 0, /,
  );
  await assertWhole(layout, second);
  await assertWhole(layout, first);
  const { sha256 } = endedRun(layout.out, first).record.artifacts.find(
    ({ name }) => name === 'checkpoints/contrast.safetensors',
  )!;
  for (const file of [
    join(layout.objects, sha256.slice(0, 2), sha256),
    join(layout.out, first, 'checkpoints', 'contrast.safetensors'),
  ])
    rmSync(file);
  assert.ok((await findingsOf(layout, first)).some(isBad));
  await workshop.answer(shares(first));
  assertSameRun(endedRun(layout.out, first), shared.undisturbed);
  await assertWhole(layout, first);
  return { counts: { 'computed anew for another run': 1, 'last checkpoint lost': 1 } };
}

/** A mark has just been set: its checkpoint is removed next. */
function nextRelease({ released }: Layout): Promise<void> {
  mkdirSync(released, { recursive: true });
  return new Promise((resolve) => {
    const watcher = watch(released, () => {
      watcher.close();
      resolve();
    });
    watcher.unref();
  });
}

/** All but the last are gone, and the record says so. */
async function assertReleased(layout: Layout, { id, trainings }: RunRecord): Promise<void> {
  const { checkpoints, fromUpdate, toUpdate, bytes } = trainings.contrast!.released!;
  assert.deepEqual([checkpoints, fromUpdate, toUpdate], [segments - 1, 2, 18]);
  assert.ok(bytes > 0);
  const findings = await assertWhole(layout, id);
  assert.equal(findings.filter(({ state }) => state === 'released').length, segments - 1);
}

async function assertWhole(layout: Layout, id: string): Promise<readonly Finding[]> {
  const findings = await findingsOf(layout, id);
  assert.deepEqual(findings.filter(isBad), []);
  return findings;
}

/** Command lines write a request, a workshop does not. */
const findingsOf = async (layout: Layout, id: string): Promise<Finding[]> =>
  (await verifyRun(layout, id, 'counterflow')).findings.filter(({ part }) => part !== 'request');
const isBad = ({ state }: Finding): boolean => state === 'missing' || state === 'differs';
