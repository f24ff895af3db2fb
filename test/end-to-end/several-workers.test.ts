/** Several workers on one folder of runs, each with its own task queues, as processes of the command line. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { startWorkflow } from '../../infra/client/runs/start-workflow.ts';
import { ensureServer, stopServer } from '../../infra/temporal/dev-server.ts';
import { processesWith, start, type Running } from '../support/command-line.ts';
import { smallRequest } from '../support/faults/small-run.ts';
import { temporaryFolder } from '../support/folders.ts';
import { noTemporal } from '../support/temporal.ts';

interface Step {
  readonly activity: string;
  readonly training: string;
  readonly worker: number;
}

const training = { updates: 20, batchSize: 50, segments: 10 };
/** Four trainings at once, with a thread each. */
const settings = [
  `baselines.flowMle=${JSON.stringify({ method: 'mle', ...training, flow: { learningRate: 1e-3 } })}`,
  `baselines.nceStandard=${JSON.stringify({ method: 'nce', ...training, ebm: { learningRate: 1e-3 }, noise: 'standard' })}`,
  `baselines.nceMatched=${JSON.stringify({ method: 'nce', ...training, ebm: { learningRate: 1e-3 }, noise: 'matched' })}`,
  'compute.threads=1',
];

describe(
  'workers with queues of their own',
  { skip: noTemporal, concurrency: false, timeout: 240_000 },
  () => {
    const out = join(temporaryFolder('several-workers'), 'runs');
    const workers: Running[] = [];
    let connection: Connection;
    let client: Client;
    before(async () => {
      connection = await Connection.connect({ address: (await ensureServer({ out })).address });
      client = new Client({ connection });
    });
    after(async () => {
      for (const worker of workers) worker.process.kill('SIGTERM');
      await Promise.all(workers.map(({ ended }) => ended));
      await connection.close();
      await stopServer(out);
    });

    /** Resolves to the id of the process that Temporal knows. */
    async function startWorker(queues: string): Promise<number> {
      const worker = start(['worker', '--queues', queues, '--out', out]);
      workers.push(worker);
      for (;;) {
        const line = await Promise.race([
          once(worker.process.stdout!, 'data').then(([chunk]) => String(chunk)),
          worker.ended.then(({ stderr }) => assert.fail(stderr)),
        ]);
        const started = / (\d+) INFO worker starts /.exec(line);
        if (started) return Number(started[1]);
      }
    }

    async function stepsOf(workflowId: string, name: string): Promise<Step[]> {
      const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
      const activities = new Map(
        (events ?? []).map(({ eventId, activityTaskScheduledEventAttributes }) => [
          String(eventId),
          activityTaskScheduledEventAttributes?.activityType?.name,
        ]),
      );
      return (events ?? []).flatMap(({ activityTaskStartedEventAttributes: started }) =>
        started
          ? [
              {
                activity: activities.get(String(started.scheduledEventId))!,
                training: name,
                worker: Number(started.identity!.split('@')[0]),
              },
            ]
          : [],
      );
    }

    test('do each its own kind of work, and trainings spread over those that train', async () => {
      const [work, ...trainers] = await Promise.all(
        ['workflows,evaluate', 'train', 'train'].map(startWorker),
      );
      await startWorkflow(client, smallRequest('spread', settings));
      await client.workflow.getHandle('spread').result();
      const trainings = ['contrast', 'flow-mle', 'nce-standard', 'nce-matched'];
      const steps = (
        await Promise.all([
          stepsOf('spread', ''),
          ...trainings.map((name) => stepsOf(`spread/${name}`, name)),
        ])
      ).flat();
      const segments = steps.filter(({ activity }) => activity === 'trainSegment');
      assert.deepEqual(new Set(segments.map(({ training: name }) => name)), new Set(trainings));
      assert.deepEqual(new Set(segments.map(({ worker }) => worker)), new Set(trainers), 'both train');
      const others = steps.filter(({ activity }) => activity !== 'trainSegment');
      assert.deepEqual(new Set(others.map(({ worker }) => worker)), new Set([work]), 'and nothing else');
      assert.ok(others.some(({ activity }) => activity === 'evaluateDensity'));
      assert.deepEqual(processesWith(['evaluation-process.ts'], trainers[0]), []);
    });

    test('tell programs that they have begun and ended, a line each', async () => {
      const worker = start(['worker', '--queues', 'evaluate', '--json', '--out', out]);
      await Promise.race([
        once(worker.process.stdout!, 'data'),
        worker.ended.then(({ stderr }) => assert.fail(stderr)),
      ]);
      worker.process.kill('SIGTERM');
      const { code, stdout, stderr } = await worker.ended;
      const lines = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      assert.deepEqual(
        lines.map(({ event, namespace, queues }) => [event, namespace, queues]),
        ['begun', 'ended'].map((event) => [event, 'default', ['evaluate']]),
        stderr,
      );
      assert.equal(code, 0, stderr);
      assert.match(stderr, / INFO worker starts /);
    });

    test('serve a run that an earlier version started, by the name that its task queue had then', async () => {
      const request = smallRequest('earlier');
      await client.workflow.execute('reproduce', {
        workflowId: 'earlier',
        taskQueue: 'counterflow-train',
        args: [request],
      });
      const { status } = await client.workflow.getHandle('earlier').describe();
      assert.equal(status.name, 'COMPLETED');
    });
  },
);

test('queues that there are not are refused with one sentence', async () => {
  const { code, stderr } = await start(['worker', '--queues', 'train,evalute']).ended;
  assert.equal(code, 2);
  assert.match(
    stderr,
    /Expected some of workflows, train, evaluate, separated by commas, got "evalute"; did you mean evaluate\?/,
  );
});
