/** What a worker says that it also goes on with, and what is called idle where no worker runs workflows. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { idleRuns } from '../../../infra/client/runs/idle-runs.ts';
import { listRuns } from '../../../infra/client/records/run-records.ts';
import { idleSweeps } from '../../../infra/client/sweeps/idle-sweeps.ts';
import { listSweeps } from '../../../infra/client/records/sweep-records.ts';
import { begunSweep, sweepText } from '../../../activities/sweep/sweep-record.ts';
import type { Sweep } from '../../../activities/sweep/contracts.ts';
import { layoutOf } from '../../../infra/store/layout.ts';
import { ensureServer, stopServer } from '../../../infra/temporal/dev-server.ts';
import { othersAmong, othersSentence } from '../../../infra/temporal/others-open.ts';
import { enter, isTended, leave, users } from '../../../infra/temporal/server-record.ts';
import { workflowQueue } from '../../../workflows/shared/queues.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { noTemporal } from '../../support/temporal.ts';
import { requestOf, withOneBaseline } from '../../workflows/fake-run.ts';

const reproduce = (workflowId: string) => ({ workflowId, type: 'reproduce' });

describe('what else is open on a server', () => {
  const trial = 'rates-0123456789ab';

  test('is every run and sweep but the own, without trials, trainings and firings', () => {
    const open = [
      reproduce('own'),
      { workflowId: 'own/contrast', type: 'train' },
      reproduce(trial),
      { workflowId: 'rates', type: 'sweep' },
      { workflowId: 'nightly-workflow', type: 'scheduled' },
      reproduce('nightly-1'),
    ];
    assert.deepEqual(othersAmong(open, 'own'), [
      { kind: 'sweep', id: 'rates' },
      { kind: 'run', id: 'nightly-1' },
    ]);
    assert.deepEqual(
      othersAmong(open, 'rates').map(({ id }) => id),
      ['own', 'nightly-1'],
    );
    assert.deepEqual(
      othersAmong([reproduce(trial)], 'rates'),
      [],
      'first updates are measured before the sweep begins',
    );
    assert.deepEqual(
      othersAmong([reproduce(trial)], null).map(({ id }) => id),
      [trial],
    );
  });

  test('is said in one sentence, the first five by their names', () => {
    const runs = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ kind: 'run' as const, id: `r${i}` }));
    assert.equal(
      othersSentence([{ kind: 'sweep', id: 'rates' }, ...runs(1)]),
      'The worker also goes on with the sweep rates and the run r0: it takes what is open on its server.',
    );
    assert.match(othersSentence(runs(7)), /the run r4 and 2 more: /);
  });
});

test('a folder is tended by who brings a worker of workflows, and not by who only asks', async () => {
  const layout = layoutOf(temporaryFolder('tended'));
  assert.equal(await isTended(layout), false);
  await enter(layout, false);
  assert.deepEqual([(await users(layout)).length, await isTended(layout)], [1, false]);
  await leave(layout);
  await enter(layout);
  assert.equal(await isTended(layout), true);
  await leave(layout);
  assert.deepEqual(await users(layout), []);
});

describe('an interrupted run', { skip: noTemporal, concurrency: false, timeout: 120_000 }, () => {
  const out = join(temporaryFolder('others'), 'runs');
  const workers: ChildProcess[] = [];
  let [address, connection, client] = ['', null as Connection | null, null as Client | null];
  const idle = async (): Promise<string[]> =>
    [...(await idleRuns(out, await listRuns(out))), ...(await idleSweeps(out, await listSweeps(out)))].sort();
  const startWorker = async (queue: string, ...own: string[]): Promise<ChildProcess> => {
    const before = (await users(layoutOf(out))).length;
    const worker = spawn(
      process.execPath,
      ['--import', 'tsx', 'test/support/pretending-worker.ts', out, address, 'stay', queue, ...own],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
    workers.push(worker);
    while ((await users(layoutOf(out))).length === before) await sleep(50);
    return worker;
  };
  const end = async (worker: ChildProcess): Promise<void> => {
    const ended = once(worker, 'exit');
    worker.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
  };
  before(async () => {
    ({ address } = await ensureServer({ out, tends: false }));
    connection = await Connection.connect({ address });
    client = new Client({ connection });
    for (const run of ['holds-left', 'holds-own']) {
      mkdirSync(join(out, run), { recursive: true });
      const request = requestOf(run, withOneBaseline);
      writeFileSync(join(out, run, 'request.json'), JSON.stringify({ request, address: null }));
      await client.workflow.start('reproduce', {
        workflowId: run,
        taskQueue: workflowQueue,
        args: [request],
      });
    }
    mkdirSync(join(out, 'swept'), { recursive: true });
    writeFileSync(
      join(out, 'swept', 'sweep.json'),
      sweepText(
        begunSweep({ id: 'swept', base: requestOf('swept', withOneBaseline) } as unknown as Sweep, {
          address: null,
        }),
      ),
    );
    // any workflow will do that is open under its id
    await client.workflow.start('reproduce', {
      workflowId: 'swept',
      taskQueue: workflowQueue,
      args: [requestOf('swept', withOneBaseline)],
    });
  });
  after(async () => {
    for (const worker of workers) worker.kill('SIGTERM');
    await connection?.close();
    await stopServer(out);
  });

  test('is idle, as is a sweep, where nobody is there, or only who asks or serves other queues', async () => {
    assert.deepEqual(await idle(), ['holds-left', 'holds-own', 'swept']);
    const worker = await startWorker('train');
    assert.deepEqual(await idle(), ['holds-left', 'holds-own', 'swept']);
    await end(worker);
  });

  test(
    'is gone on with by a worker that was started for another, which says so once, and is idle again '
      + 'when that has gone',
    async () => {
      const worker = await startWorker('all', 'holds-own');
      assert.deepEqual(await idle(), []);
      const said = (): string[] =>
        readFileSync(layoutOf(out).workerLog, 'utf8')
          .split('\n')
          .filter((line) => line.includes('also goes on with'));
      while (said().length === 0) await sleep(100);
      assert.match(said()[0]!, / also goes on with .*the run holds-left/);
      assert.doesNotMatch(said()[0]!, /holds-own/);
      assert.match(said()[0]!, /"say":true/, 'the command line that has the worker says it too');
      await sleep(6000);
      assert.equal(said().length, 1);
      await end(worker);
      assert.deepEqual(await idle(), ['holds-left', 'holds-own', 'swept']);
    },
  );
});
