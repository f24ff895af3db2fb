/** The same run asked for many times at once, and many runs of one configuration: each thing is done once. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { RunRequest } from '../../activities/contracts/run.ts';
import { awaitEnd } from '../../infra/client/server/await-end.ts';
import { startRun, type Beginning } from '../../infra/client/runs/start-run.ts';
import { claimRunId } from '../../infra/client/runs/claim-run-id.ts';
import { exitCodes } from '../../infra/base/exit-codes.ts';
import { superviseWorker } from '../../infra/worker/supervise-worker.ts';
import { embedded } from '../../infra/temporal/server.ts';
import { run as commandLine } from '../support/command-line.ts';
import { assertSameRun, endedRun } from '../support/faults/ended-run.ts';
import { faultRow, type Outcome, type Trial } from '../support/faults/fault-row.ts';
import { runArguments, segments, smallRequest } from '../support/faults/small-run.ts';
import { WorkWatcher } from '../support/faults/watch-work.ts';
import type { Workshop } from '../support/faults/workshop.ts';
import { Workshops } from '../support/faults/workshops.ts';
import { noTemporal } from '../support/temporal.ts';

const starts = 100;
const processes = 2;
const sameConfigurations = 5;
/** Preparing, the segments, exporting and evaluating. */
const jobsOfARun = segments + 3;

const workshops = new Workshops();

faultRow<string>(import.meta.url, {
  fault:
    `${starts} identical starts at once, also after the server's history has expired, of a run `
    + `completed and of one broken off; ${sameConfigurations} runs of one configuration at once, on two `
    + 'workers',
  mustHold:
    'one execution, which the others join and whose result they have; another request under its id '
    + 'is refused; nothing is computed twice',
  trials: { short: 3, long: 30 },
  skip: noTemporal,
  prepare: async (folder) => folder,
  trial: (trial) =>
    workshops.use(trial.shared, (workshop) =>
      [startAtOnce, startBrokenOff, startAlike][trial.number % 3]!(trial, workshop),
    ),
});

async function startAtOnce({ number }: Trial<string>, workshop: Workshop): Promise<Outcome> {
  const id = `same-${number}`;
  const watcher = new WorkWatcher(workshop.layout);
  try {
    const inProcesses = Array.from({ length: processes }, () =>
      commandLine([...runArguments(workshop.layout.out), '--id', id]),
    );
    const beginnings = await startMany(workshop, id, starts - processes);
    for (const { code, stdout, stderr } of await Promise.all(inProcesses)) {
      assert.equal(code, exitCodes.ok, stderr);
      assert.match(stdout, new RegExp(`completed +${id}`));
    }
    assert.ok(beginnings.filter((beginning) => beginning === 'begun').length <= 1);
    assert.equal(await executionsOf(workshop, id), 1);
    assert.equal(jobsIn(watcher), jobsOfARun);
    await assertRefused(workshop, id);
    await assertCompletedFor(workshop, id, watcher);
    return { counts: { 'identical starts': 2 * starts + 1 } };
  } finally {
    watcher.close();
  }
}

/** Exit code and one sentence, which names what differs. */
async function assertRefused({ layout }: Workshop, id: string): Promise<void> {
  const { code, stderr, stdout } = await commandLine([
    ...runArguments(layout.out, 'contrast.batchSize=51'),
    '--id',
    id,
  ]);
  assert.deepEqual([code, stdout], [exitCodes.badInput, '']);
  assert.match(
    stderr,
    new RegExp(`^error: [^\\n]*${id}[^\\n]*contrast\\.batchSize is 51 here and 50 there[^\\n]*\\n$`),
  );
}

/** The server has forgotten it, the folder has not. */
async function assertCompletedFor(workshop: Workshop, id: string, watcher: WorkWatcher): Promise<void> {
  await forget(workshop, id);
  const record = readFileSync(join(workshop.layout.out, id, 'run.json'));
  const before = watcher.seen.length;
  const { code, stdout } = await commandLine([...runArguments(workshop.layout.out), '--id', id]);
  assert.equal(code, exitCodes.ok);
  assert.match(stdout, new RegExp(`completed +${id}`));
  assert.deepEqual(new Set(await startMany(workshop, id, starts)), new Set(['completed']));
  assert.equal(await executionsOf(workshop, id), 0);
  assert.equal(watcher.seen.length, before);
  assert.deepEqual(readFileSync(join(workshop.layout.out, id, 'run.json')), record);
}

async function startBrokenOff({ number, random }: Trial<string>, workshop: Workshop): Promise<Outcome> {
  const id = `broken-off-${number}`;
  const watcher = new WorkWatcher(workshop.layout);
  try {
    const reached = watcher.next(() => watcher.segmentsBegun > random() * (segments - 1));
    assert.equal(await enter(workshop, request(id)), 'begun');
    await reached;
    await workshop.client.workflow.getHandle(id).terminate();
    await forget(workshop, id);
    const beginnings = await startMany(workshop, id, starts);
    assert.equal(beginnings.filter((beginning) => beginning === 'resumed').length, 1);
    assert.deepEqual(new Set(beginnings), new Set(['resumed', 'joined']));
    assert.equal(await executionsOf(workshop, id), 1);
    assert.ok(
      watcher.segmentsBegun <= segments + 1,
      `${watcher.segmentsBegun} segments begun, for ${segments}`,
    );
    assert.equal(endedRun(workshop.layout.out, id).record.status, 'completed');
    return { counts: { 'identical starts': starts } };
  } finally {
    watcher.close();
  }
}

/** Different ids, nothing else. */
async function startAlike({ number }: Trial<string>, workshop: Workshop): Promise<Outcome> {
  const ids = Array.from({ length: sameConfigurations }, (_, i) => `alike-${number}-${i}`);
  const other = superviseWorker(workshop.layout, embedded(workshop.address), () => {});
  const watcher = new WorkWatcher(workshop.layout);
  try {
    await Promise.all(
      ids.map(async (id) => {
        // its seed sets it apart from other trials'
        await enter(workshop, { ...smallRequest(id, [`seed=${number}`]), fresh: false });
        await awaitEnd(workshop.client, id, new AbortController().signal, () => {});
      }),
    );
    const [first, ...others] = ids.map((id) => endedRun(workshop.layout.out, id));
    for (const run of others) assertSameRun(run, first!);
    assert.equal(jobsIn(watcher), jobsOfARun);
    return { counts: { 'runs of one configuration': ids.length } };
  } finally {
    watcher.close();
    await other.stop();
  }
}

const request = (id: string): RunRequest => smallRequest(id);
/** A run's exported files are stamped with its name, and those of no other. */
const jobsIn = ({ seen }: WorkWatcher): number =>
  seen.filter(({ kind, name }) => kind === 'job' && !name.startsWith('stamp-model')).length;

/** As the command line does it; each waits for the run's end. */
async function startMany(workshop: Workshop, id: string, times: number): Promise<Beginning[]> {
  return Promise.all(
    Array.from({ length: times }, async () => {
      const beginning = await enter(workshop, request(id));
      if (beginning !== 'completed')
        await awaitEnd(workshop.client, id, new AbortController().signal, () => {});
      return beginning;
    }),
  );
}

async function enter({ layout, client }: Workshop, asked: RunRequest): Promise<Beginning> {
  return startRun(client, layout.out, await claimRunId(layout.out, { request: asked, address: null }));
}

/** As retention does. */
async function forget({ client }: Workshop, id: string): Promise<void> {
  for (const workflowId of [id, `${id}/contrast`]) {
    await client.workflowService
      .deleteWorkflowExecution({ namespace: 'default', workflowExecution: { workflowId } })
      .catch(() => undefined);
    while (
      await client.workflow
        .getHandle(workflowId)
        .describe()
        .then(
          () => true,
          (error) => !(error instanceof WorkflowNotFoundError),
        )
    )
      await sleep(50);
  }
}

async function executionsOf({ client }: Workshop, id: string): Promise<number> {
  const { count } = await client.workflow.count(`WorkflowId = '${id}'`);
  return count;
}
