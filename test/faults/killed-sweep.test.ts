/** A sweep of many short trials whose worker is killed again and again: each trial is done once, and no
 *  history grows with their number. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { awaitEnd } from '../../infra/client/server/await-end.ts';
import { resolveSweep } from '../../infra/client/sweeps/resolve-sweep.ts';
import { startSweep } from '../../infra/client/sweeps/start-sweep.ts';
import { findSweep, writeSweep } from '../../infra/client/records/sweep-records.ts';
import { faultRow, type Outcome } from '../support/faults/fault-row.ts';
import { kill } from '../support/faults/kill.ts';
import { Workshop } from '../support/faults/workshop.ts';
import { noTemporal } from '../support/temporal.ts';

const killEvery = 10;
/** The second is the long one. */
const trialsOf = [12, 1000] as const;
const mostEvents = 10_000;
/** Trains for less than a second. */
const toy = {
  experiment: 'eight-gaussians',
  concurrent: 4,
  objective: { metric: 'mse.ebmFce' },
  set: {
    'dataset.trainCount': 50,
    'dataset.testCount': 20,
    'models.flow.couplings': 2,
    'models.flow.width': 8,
    'models.ebm.width': 8,
    'models.ebm.hiddenLayers': 1,
    'contrast.updates': 2,
    'contrast.batchSize': 10,
    'contrast.probeEvery': 2,
    'evaluation.gridSize': 16,
    'baselines.flowMle': null,
    'baselines.nceStandard': null,
    'baselines.nceMatched': null,
  },
  parameters: {
    'contrast.ebm.learningRate': { kind: 'logUniform', min: 1e-3, max: 1e-2 },
    'contrast.flow.learningRate': { kind: 'logUniform', min: 1e-3, max: 1e-2 },
  },
};

faultRow(import.meta.url, {
  fault:
    `kill -9 of the worker of a sweep for every tenth trial: sweeps of ${trialsOf.join(' and ')} `
    + 'trials, 4 at once',
  mustHold: `each trial completes, and once; no workflow history has more than ${mostEvents} events`,
  trials: { short: 1, long: trialsOf.length },
  skip: noTemporal,
  timeoutMs: 6 * 3_600_000,
  trial: async ({ number, folder }) => {
    const workshop = await Workshop.open(join(folder, 'workshop'));
    try {
      return await sweepKilled(workshop, folder, trialsOf[number]!);
    } finally {
      await workshop.close();
    }
  },
});

async function sweepKilled(workshop: Workshop, folder: string, trials: number): Promise<Outcome> {
  const {
    client,
    layout: { out },
  } = workshop;
  const file = join(folder, 'toy.yaml');
  writeFileSync(file, stringify({ ...toy, trials }));
  const sweep = await resolveSweep(file, {});
  await writeSweep(out, sweep, { address: null });
  await startSweep(client, sweep, false);
  const ended = awaitEnd(client, sweep.id, new AbortController().signal, () => {});
  const kills = await killMeanwhile(workshop, sweep.id, ended);
  await ended;
  const { status, trials: recorded } = await findSweep(out, sweep.id);
  assert.equal(status, 'completed');
  assert.deepEqual(
    recorded.map(({ trial, rungs }) => [trial, rungs.length, rungs[0]!.value !== null]),
    Array.from({ length: trials }, (_, trial) => [trial, 1, true]),
  );
  assert.equal(new Set(recorded.map(({ runId }) => runId)).size, trials);
  const { executions, events } = await seenByServer(workshop);
  assert.equal(executions, trials, 'a trial was begun again');
  assert.ok(events < mostEvents, `a history of ${events} events`);
  return { counts: { trials, 'workers killed': kills, 'events of the longest history': events } };
}

async function killMeanwhile(workshop: Workshop, id: string, ended: Promise<void>): Promise<number> {
  let over = false;
  void ended.then(
    () => {
      over = true;
    },
    () => {
      over = true;
    },
  );
  let kills = 0;
  while (!over) {
    const done = (await findSweep(workshop.layout.out, id)).trials.length;
    if (Math.floor(done / killEvery) > kills) {
      await kill(workshop, 'worker');
      kills += 1;
    }
    await sleep(200);
  }
  return kills;
}

/** Executions of runs, and the longest history of anything. */
async function seenByServer({ client }: Workshop): Promise<{ executions: number; events: number }> {
  let executions = 0;
  let events = 0;
  for await (const { type, historyLength } of client.workflow.list()) {
    if (type === 'reproduce') executions += 1;
    events = Math.max(events, historyLength);
  }
  return { executions, events };
}
