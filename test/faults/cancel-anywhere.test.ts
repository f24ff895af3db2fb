/** Cancellation in each stage of a run, as `counterflow cancel` asks for it, and the run resumed
 *  afterwards. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { WorkflowFailedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import type { StageName } from '../../activities/contracts/names.ts';
import type { RunRequest } from '../../activities/contracts/run.ts';
import { resumeRun } from '../../infra/client/runs/resume-run.ts';
import { readRequest, writeRequest } from '../../infra/client/records/run-records.ts';
import { startWorkflow } from '../../infra/client/runs/start-workflow.ts';
import { verifyRun } from '../../infra/verify/verify-run.ts';
import { trainingOrder } from '../../activities/record/run-record.ts';
import { trainingId } from '../../workflows/shared/queues.ts';
import { endedRun, type EndedRun } from '../support/faults/ended-run.ts';
import { faultRow, type Outcome, type Trial } from '../support/faults/fault-row.ts';
import { assertNothingHalfWritten, busyProcesses } from '../support/faults/left-behind.ts';
import { computesOf } from '../support/faults/processes-of.ts';
import { smallImageRequest, writeDigits } from '../support/faults/small-image-run.ts';
import { smallRequest } from '../support/faults/small-run.ts';
import { places, untilMoment, type Place } from '../support/faults/stage-moments.ts';
import type { Workshop } from '../support/faults/workshop.ts';
import { Workshops } from '../support/faults/workshops.ts';
import { noTemporal } from '../support/temporal.ts';

const stopsWithinS = 5;

/** `long`: points, with minutes of work in the stage. */
type Kind = 'points' | 'images' | 'long';
interface Target {
  readonly kind: Kind;
  readonly stage: StageName;
  readonly place: Place;
}
/** What is tried first is all that the short form tries. */
const stages: readonly (readonly [Kind, StageName])[] = [
  ['points', 'contrast'],
  ['long', 'contrast'],
  ['long', 'evaluate'],
  ['long', 'prepare'],
  ...(['evaluate', 'prepare', 'pretrain', 'export', 'report'] as const).map(
    (stage) => ['points', stage] as const,
  ),
  ...(
    [
      'prepare',
      'baselines',
      'features',
      'pretrain',
      'contrast',
      'control',
      'export',
      'evaluate',
      'report',
    ] as const
  ).map((stage) => ['images', stage] as const),
];
const targets: readonly Target[] = places.flatMap((_, round) =>
  stages.flatMap(([kind, stage], i): Target[] =>
    kind !== 'long'
      ? [{ kind, stage, place: places[(round + i) % places.length]! }]
      : round === 0
        ? [{ kind, stage, place: 'inside' }]
        : [],
  ),
);

/** A segment, a density on a grid, a data set, each of a minute or more where nothing else goes on. */
const longWork: Readonly<Partial<Record<StageName, readonly string[]>>> = {
  contrast: ['contrast.updates=2000000', 'contrast.logEvery=100000', 'contrast.probeEvery=100000'],
  evaluate: ['evaluation.gridSize=4096'],
  prepare: ['dataset.trainCount=50000000'],
};
/** So much of it is done before the cancellation, at most. */
const longWorkS = 6;

interface Shared {
  readonly folder: string;
  readonly digits: string;
  /** Undisturbed, by kind; each is made when it is first wanted. */
  readonly undisturbed: Map<Kind, EndedRun>;
}

const workshops = new Workshops();

faultRow<Shared>(import.meta.url, {
  fault:
    'cancellation in each stage of a run, of points and of images, at its begin, inside and about '
    + 'its end, and in work of minutes',
  mustHold:
    `closed as cancelled within ${stopsWithinS} s, with its record saying so, no process computing and `
    + 'nothing half-written; resumed, it ends with the weights, metrics and results of an undisturbed '
    + 'run, or finds what it had finished',
  trials: { short: 2, long: targets.length },
  skip: noTemporal,
  prepare: async (folder) => {
    const digits = join(folder, 'digits');
    writeDigits(digits);
    return { folder, digits, undisturbed: new Map() };
  },
  trial: (trial) =>
    workshops.use(trial.shared.folder, async (workshop) => {
      const target = targets[trial.number]!;
      return target.kind === 'long'
        ? cancelTwice(trial, workshop, target)
        : cancelOnce(trial, workshop, target, await undisturbedRun(workshop, trial.shared, target.kind));
    }),
});

/** Of points without baselines, which the images have. */
function requestOf(kind: Kind, id: string, digits: string): RunRequest {
  const pretrain =
    'pretrain={"method":"mle","updates":20,"segments":10,"batchSize":50,"logEvery":1,"flow":{"learningRate":0.001}}';
  return kind === 'images' ? smallImageRequest(id, digits) : smallRequest(id, [pretrain]);
}

async function undisturbedRun(
  { client, layout }: Workshop,
  { undisturbed, digits }: Shared,
  kind: Kind,
): Promise<EndedRun> {
  const known = undisturbed.get(kind);
  if (known) return known;
  const id = `undisturbed-${kind}`;
  await startWorkflow(client, requestOf(kind, id, digits));
  await client.workflow.getHandle(id).result();
  const ended = endedRun(layout.out, id);
  undisturbed.set(kind, ended);
  return ended;
}

async function cancelOnce(
  { number, random, shared }: Trial<Shared>,
  workshop: Workshop,
  { kind, stage, place }: Target,
  undisturbed: EndedRun,
): Promise<Outcome> {
  const { client, layout } = workshop;
  const id = `cancelled-${number}`;
  const request = requestOf(kind, id, shared.digits);
  await writeRequest(layout.out, { request, address: null });
  await startWorkflow(client, request);
  await untilMoment(client, id, stage, place, undisturbed.record.timings[`${stage}S`]!, random);
  const stoppedS = await cancel(client, id);
  if (stoppedS !== null) await assertStopped(workshop, id, stoppedS);
  await resume(workshop, id);
  await client.workflow.getHandle(id).result();
  assertSameResult(endedRun(layout.out, id), undisturbed);
  return {
    ...(stoppedS !== null && { recoveryS: stoppedS }),
    counts: { [`${kind}, ${stage}`]: 1, ...(stoppedS === null && { 'over before': 1 }) },
  };
}

/** Its end would be minutes away: resumed, it finds what it had finished, and is cancelled again. */
async function cancelTwice(
  { number, random }: Trial<Shared>,
  workshop: Workshop,
  { kind, stage, place }: Target,
): Promise<Outcome> {
  const { client, layout } = workshop;
  const id = `cancelled-${number}`;
  const request = smallRequest(id, longWork[stage]);
  await writeRequest(layout.out, { request, address: null });
  await startWorkflow(client, request);
  await untilMoment(client, id, stage, place, longWorkS, random);
  const first = await cancel(client, id);
  await assertStopped(workshop, id, first!);
  const finished = endedRun(layout.out, id).record.steps;
  await resume(workshop, id);
  await untilMoment(client, id, stage, place, longWorkS, random);
  const second = await cancel(client, id);
  await assertStopped(workshop, id, second!);
  const { steps } = endedRun(layout.out, id).record;
  assert.deepEqual(
    steps.map(({ name, reused }) => ({ name, reused })),
    finished.map(({ name }) => ({ name, reused: true })),
  );
  return { recoveryS: Math.max(first!, second!), counts: { [`${kind}, ${stage}`]: 2 } };
}

const resume = async ({ client, layout }: Workshop, id: string): Promise<string> =>
  resumeRun(client, (await readRequest(layout.out, id))!.request);

/** Seconds until the workflow was closed; null: the run was over before. */
async function cancel(client: Client, id: string): Promise<number | null> {
  const handle = client.workflow.getHandle(id);
  const from = performance.now();
  try {
    await handle.cancel();
    await handle.result();
    return null;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    assert.ok(
      error instanceof WorkflowFailedError && error.cause instanceof CancelledFailure,
      `it ended otherwise: ${String((error as Error).cause ?? error)}`,
    );
    return (performance.now() - from) / 1000;
  }
}

async function assertStopped(workshop: Workshop, id: string, stoppedS: number): Promise<void> {
  const { client, layout } = workshop;
  assert.ok(stoppedS <= stopsWithinS, `it was closed after ${stoppedS.toFixed(1)} s`);
  assert.deepEqual(await busyProcesses(computesOf(layout)), [], 'a process still computes');
  assert.equal((await client.workflow.getHandle(id).describe()).status.name, 'CANCELLED');
  for (const training of trainingOrder) {
    const child = await client.workflow
      .getHandle(trainingId(id, training))
      .describe()
      .catch(() => null);
    assert.notEqual(child?.status.name, 'RUNNING', training);
  }
  assert.equal(endedRecord(layout.out, id), 'cancelled');
  await assertNothingHalfWritten(layout, id);
  const { findings } = await verifyRun(layout, id, 'counterflow');
  assert.deepEqual(
    findings.filter(({ state }) => state === 'missing' || state === 'differs'),
    [],
  );
}

const endedRecord = (out: string, id: string): string => endedRun(out, id).record.status;

function assertSameResult(got: EndedRun, undisturbed: EndedRun): void {
  assert.equal(got.record.status, 'completed');
  assert.deepEqual(got.record.weightsSha256, undisturbed.record.weightsSha256);
  assert.equal(got.metrics, undisturbed.metrics);
  assert.deepEqual(got.record.results, undisturbed.record.results);
}
