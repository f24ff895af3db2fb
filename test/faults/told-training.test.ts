/** A training is told things at random places, and then worker, server or the server's memory are lost. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { TrainingCommand } from '../../activities/contracts/command.ts';
import type { RunRequest } from '../../activities/contracts/run.ts';
import { awaitEnd } from '../../infra/client/server/await-end.ts';
import { readRecord, writeRequest } from '../../infra/client/records/run-records.ts';
import { startWorkflow } from '../../infra/client/runs/start-workflow.ts';
import { sendCommand } from '../../infra/client/runs/send-command.ts';
import { toldBefore } from '../../infra/client/runs/commands-before.ts';
import type { OptimiserConfig } from '../../models/training/config.ts';
import { learningRateAt } from '../../models/optim/schedule.ts';
import { statusQuery } from '../../workflows/shared/status.ts';
import { endedRun } from '../support/faults/ended-run.ts';
import { faultRow, type Trial } from '../support/faults/fault-row.ts';
import { computesOf, serversOf, workersOf } from '../support/faults/processes-of.ts';
import { smallRequest } from '../support/faults/small-run.ts';
import { WorkWatcher } from '../support/faults/watch-work.ts';
import { Workshop } from '../support/faults/workshop.ts';
import { untilGone } from '../support/processes.ts';
import { noTemporal } from '../support/temporal.ts';

/** The short form is the second. */
const losses = [
  'the worker, after it went on',
  'the server and all it remembers, while the training holds',
  'worker and server, while the training holds',
] as const;
type Loss = (typeof losses)[number];

const updates = 26;
const slower = 5e-4;
const whilePaused: readonly TrainingCommand[] = [
  { kind: 'learning-rate', player: 'flow', value: slower },
  { kind: 'extend', updates },
];
/** The smallest run has ten segments. */
const latestSegment = 5;

faultRow(import.meta.url, {
  fault:
    'a training is told to pause, another learning rate and more updates at a random border, and the '
    + 'worker or the server with its whole history is lost',
  mustHold:
    'while it holds there is no compute process; the weights and the metrics, byte for byte, of a '
    + 'run that was told the same at the same border and not disturbed',
  trials: { short: 1, long: 60 },
  skip: noTemporal,
  atOnce: 2,
  trial: async (trial) => {
    const shop: Shop = { workshop: await Workshop.open(trial.folder) };
    try {
      return await toldAndLost(trial, shop);
    } finally {
      await shop.workshop.close();
    }
  },
});

/** Another one takes its place where all is lost. */
interface Shop {
  workshop: Workshop;
}

async function toldAndLost({ number, random, folder }: Trial<null>, shop: Shop) {
  const loss = losses[number % losses.length]!;
  const request = smallRequest('told');
  await writeRequest(folder, { request, address: null });
  await startWorkflow(shop.workshop.client, request);
  await untilSegment(shop.workshop, 1 + Math.floor(random() * latestSegment));
  await tell(shop, { kind: 'pause' });
  for (const message of whilePaused) await tell(shop, message);
  assert.deepEqual(computesOf(shop.workshop.layout), [], 'a training that holds has a compute process');
  await lose(loss, shop, request);
  if (loss !== 'the worker, after it went on') await tell(shop, { kind: 'resume' });
  await awaitEnd(shop.workshop.client, 'told', new AbortController().signal, () => {});
  const told = toldBefore((await readRecord(folder, 'told'))!);
  assert.deepEqual(
    told.map(({ details }) => details['message']),
    ['pause', 'learning-rate', 'extend', 'resume'],
  );

  await startWorkflow(shop.workshop.client, { ...smallRequest('undisturbed'), told });
  await shop.workshop.client.workflow.getHandle('undisturbed').result();
  const [got, undisturbed] = [endedRun(folder, 'told'), endedRun(folder, 'undisturbed')];
  assert.deepEqual(toldBefore({ ...undisturbed.record }), told);
  assert.equal(undisturbed.record.trainings.contrast!.updates, updates);
  assert.deepEqual(got.record.weightsSha256, undisturbed.record.weightsSha256);
  assert.equal(got.metrics, undisturbed.metrics);
  assertSlower(got.metrics, Number(told[0]!.details['update']), request.config.contrast.flow);
  return { counts: { [`lost: ${loss}`]: 1 } };
}

/** From the border on, the flow's learning rates are those of a training that was configured so. */
function assertSlower(metrics: string, border: number, flow: OptimiserConfig): void {
  const lines = metrics
    .trim()
    .split('\n')
    .map(
      (line) =>
        JSON.parse(line) as { turn: string; update: number; learningRate: number; flowUpdates: number },
    );
  const told = lines.filter(({ turn, update }) => turn === 'flow' && update > border);
  assert.ok(told.length > 0);
  const expected = told.map(({ update, flowUpdates }) =>
    learningRateAt({ ...flow, learningRate: slower }, flowUpdates - 1, (update - 1) / updates),
  );
  assert.deepEqual(
    told.map(({ learningRate }) => learningRate),
    expected,
  );
}

async function untilSegment({ layout }: Workshop, segment: number): Promise<void> {
  const watcher = new WorkWatcher(layout);
  try {
    await watcher.next(() => watcher.segmentsBegun >= segment);
  } finally {
    watcher.close();
  }
}

const handleOf = ({ workshop }: Shop): WorkflowHandle => workshop.client.workflow.getHandle('told');

async function tell({ workshop }: Shop, message: TrainingCommand): Promise<void> {
  const { took, sentence } = await sendCommand(
    workshop.client,
    'told',
    { training: null, message },
    () => {},
  );
  assert.ok(took, sentence);
}

async function lose(loss: Loss, shop: Shop, request: RunRequest): Promise<void> {
  switch (loss) {
    case 'worker and server, while the training holds':
      await kill(shop.workshop, [...workersOf(shop.workshop.layout), ...serversOf(shop.workshop.layout)]);
      return untilPaused(shop);
    case 'the worker, after it went on':
      await tell(shop, { kind: 'resume' });
      return kill(shop.workshop, workersOf(shop.workshop.layout));
    case 'the server and all it remembers, while the training holds': {
      const { layout } = shop.workshop;
      await shop.workshop.close();
      rmSync(layout.temporal, { recursive: true });
      shop.workshop = await Workshop.open(layout.out);
      await startWorkflow(shop.workshop.client, {
        ...request,
        resumedAt: new Date().toISOString(),
        told: toldBefore((await readRecord(layout.out, 'told'))!),
      });
      await untilPaused(shop);
      assert.deepEqual(computesOf(shop.workshop.layout), [], 'it goes on without being told to');
    }
  }
}

async function kill(workshop: Workshop, pids: readonly number[]): Promise<void> {
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await Promise.all(pids.map((pid) => untilGone(pid, 5000)));
  await workshop.afterDeath();
}

async function untilPaused(shop: Shop): Promise<void> {
  for (;;) {
    const status = await handleOf(shop)
      .query(statusQuery)
      .catch(() => null);
    if (status?.trainings.contrast?.paused) return;
    await sleep(100);
  }
}
