/** A sweep's course on a real server: real records in a folder, pretend trainings whose result is their
 *  learning rate. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { WorkflowFailedError, WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Activities } from '../../../activities/contracts/activities.ts';
import { failures } from '../../../activities/contracts/failures.ts';
import type { RunSnapshot, StoredRequest } from '../../../activities/contracts/run.ts';
import { createActivities } from '../../../activities/create-activities.ts';
import type { Ports } from '../../../activities/ports/ports.ts';
import type { ArtifactStore } from '../../../activities/ports/store.ts';
import type { Sweep, SweepRecord } from '../../../activities/sweep/contracts.ts';
import { begunSweep, readSweep, sweepText } from '../../../activities/sweep/sweep-record.ts';
import { trialRequest } from '../../../activities/sweep/trial-request.ts';
import { parameterSchema } from '../../../models/search/parameter.ts';
import { layoutOf } from '../../../infra/store/layout.ts';
import { LocalRunDirectory } from '../../../infra/worker/run-directory.ts';
import { workflowQueue } from '../../../workflows/shared/queues.ts';
import { sweepPlan } from '../../../workflows/sweep/rungs.ts';
import { sweepStatusQuery } from '../../../workflows/shared/status.ts';
import type { sweep } from '../../../workflows/sweep/sweep.ts';
import { calmLife } from '../../activities/fake-ports.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { openPretendServer, type PretendServer } from '../../support/pretend-workers.ts';
import { noTemporal } from '../../support/temporal.ts';
import { pretend, requestOf, withContrast } from '../fake-run.ts';

const out = temporaryFolder('sweep-workflow');
const ports = { runs: new LocalRunDirectory(layoutOf(out), {} as ArtifactStore) } as unknown as Ports;
/** Far below what is allowed, so that a few trials are enough. */
const suggestedEvents = 150;

describe('the workflow sweep', { skip: noTemporal, concurrency: true }, () => {
  let env: TestWorkflowEnvironment;
  let server: PretendServer | undefined;
  /** Executions of runs, in the order in which they began to train: run id and how far they were to go. */
  const executions: { runId: string; until: number | undefined; priority: number | undefined }[] = [];
  /** Fails the trainings of these sweeps, by their learning rate. */
  const broken = new Map<string, (rate: number) => unknown>();
  const held = new Map<string, Promise<void>>();

  before(async () => {
    server = await openPretendServer(
      { activities: activities(), maxHeartbeatThrottleInterval: '1 s' },
      {
        serverArgs: ['--dynamic-config-value', `limit.historyCount.suggestContinueAsNew=${suggestedEvents}`],
      },
    );
    ({ env } = server);
  });
  after(() => server?.close());

  function activities(): Activities {
    const runOf = (): string => Context.current().info.workflowExecution!.workflowId.split('/')[0]!;
    const request = (): StoredRequest['request'] =>
      (JSON.parse(readFileSync(join(out, runOf(), 'request.json'), 'utf8')) as StoredRequest).request;
    const rateOf = ({ config }: StoredRequest['request']): number => config.contrast.ebm.learningRate;
    const { recordRequest, recordSweepRequest, openSweep, openTrial, recordTrial, recordSweepEnd } =
      createActivities(ports);
    const { activities: fakes } = pretend({
      trainSegment: async (segment) => {
        const sweepId = runOf().replace(/-[0-9a-f]{12}$/, '');
        if (segment.fromUpdate === 0)
          executions.push({
            runId: runOf(),
            until: request().until,
            priority: Context.current().info.priority?.priorityKey,
          });
        await held.get(sweepId);
        const error = broken.get(sweepId)?.(rateOf(request()));
        if (error) throw error;
        return pretend().activities.trainSegment(segment);
      },
      evaluateDensity: async (asked) => ({
        ...(await pretend().activities.evaluateDensity(asked)),
        results: { rate: rateOf(request()) },
      }),
      recordRun: async (run: RunSnapshot) => {
        const { runId, until } = run.request;
        mkdirSync(join(out, runId), { recursive: true });
        writeFileSync(
          join(out, runId, 'run.json'),
          JSON.stringify({ status: run.status, until, results: run.evaluation?.results }),
        );
      },
      recordRequest,
      recordSweepRequest,
      openSweep,
      openTrial,
      recordTrial,
      recordSweepEnd,
    });
    return fakes;
  }

  const sweepOf = (id: string, changes: Partial<Sweep> = {}): Sweep => ({
    id,
    name: 'pretend',
    parameters: {
      'contrast.ebm.learningRate': parameterSchema.parse({ kind: 'uniform', min: 1, max: 4, points: 4 }),
    },
    sampler: { kind: 'grid' },
    seed: 1,
    trials: 4,
    objective: { metric: 'rate', goal: 'minimise' },
    halving: null,
    concurrent: 2,
    pricePerHour: null,
    base: requestOf(id, withContrast({ updates: 4 })),
    command: 'counterflow sweep pretend.yaml',
    ...changes,
  });
  type Handle = WorkflowHandle<typeof sweep>;
  const begin = async (asked: Sweep, failedAgain = false): Promise<Handle> => {
    mkdirSync(join(out, asked.id), { recursive: true });
    if ((await readSweep(ports, asked.id)) === null)
      writeFileSync(join(out, asked.id, 'sweep.json'), sweepText(begunSweep(asked, { address: null })));
    return env.client.workflow.start<typeof sweep>('sweep', {
      taskQueue: workflowQueue,
      workflowId: asked.id,
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      args: [{ sweepId: asked.id, plan: sweepPlan(asked), metric: asked.objective.metric, failedAgain }],
    });
  };
  const run = async (asked: Sweep, failedAgain = false) => (await begin(asked, failedAgain)).result();
  const recordOf = async (id: string): Promise<SweepRecord> => (await readSweep(ports, id))!;
  const executionsOf = (id: string) => executions.filter(({ runId }) => runId.startsWith(`${id}-`));
  const table = ({ trials, best }: SweepRecord) => ({
    best: best && [best.trial, best.rung, best.value],
    trials: trials.map(({ trial, values, rungs }) => ({
      trial,
      values,
      rungs: rungs.map(({ until, status, value }) => ({ until, status, value })),
    })),
  });

  test('runs every trial once, records its result and names the best', async () => {
    const outcome = await run(sweepOf('grid'));
    assert.deepEqual(outcome, { sweepId: 'grid', best: { trial: 0, rung: 0, value: 1 }, failed: 0 });
    const record = await recordOf('grid');
    assert.deepEqual(
      record.trials.map(({ trial, rungs }) => [trial, rungs.length, rungs[0]!.status, rungs[0]!.value]),
      [
        [0, 1, 'completed', 1],
        [1, 1, 'completed', 2],
        [2, 1, 'completed', 3],
        [3, 1, 'completed', 4],
      ],
    );
    assert.deepEqual([record.status, record.best!.trial, record.finishedAt !== null], ['completed', 0, true]);
    assert.equal(new Set(executionsOf('grid').map(({ runId }) => runId)).size, 4);
    assert.equal(executionsOf('grid').length, 4);
    assert.deepEqual(
      executionsOf('grid').map(({ priority }) => priority),
      [4, 4, 4, 4],
      'what has no priority, 3, goes first',
    );
  });

  test('names the best configuration where seeds are swept, while it goes on and at its end', async () => {
    const parameters = {
      'contrast.ebm.learningRate': parameterSchema.parse({ kind: 'choice', values: [1, 2] }),
      seed: parameterSchema.parse({ kind: 'int', min: 1, max: 2 }),
    };
    const handle = await begin(
      sweepOf('seeds', { parameters, objective: { metric: 'rate', goal: 'maximise' } }),
    );
    const best = { trial: 2, rung: 0, value: 2, seeds: [1, 2] };
    assert.deepEqual(await handle.result(), { sweepId: 'seeds', best, failed: 0 });
    assert.deepEqual((await handle.query(sweepStatusQuery)).best, best);
    // gone through again with nothing left to do, it tells the same
    assert.deepEqual(
      (await run(sweepOf('seeds', { parameters, objective: { metric: 'rate', goal: 'maximise' } }))).best,
      best,
    );
  });

  test('knows the best configuration of before as soon as it goes on, and before another trial ends', async () => {
    const parameters = {
      'contrast.ebm.learningRate': parameterSchema.parse({ kind: 'choice', values: [1, 2] }),
      seed: parameterSchema.parse({ kind: 'int', min: 1, max: 2 }),
    };
    const asked = sweepOf('seeds-again', { parameters, concurrent: 1 });
    let free = (): void => {};
    broken.set('seeds-again', (rate) => (rate === 2 ? new Error('held') : null));
    const first = await begin(asked);
    while ((await recordOf('seeds-again')).trials.length < 2) await wait(50);
    await first.cancel();
    await assert.rejects(first.result());
    broken.delete('seeds-again');
    held.set(
      'seeds-again',
      new Promise((resolve) => {
        free = resolve;
      }),
    );
    const again = await begin(asked);
    const begunBefore = executionsOf('seeds-again').length;
    while (executionsOf('seeds-again').length === begunBefore) await wait(50);
    assert.deepEqual((await again.query(sweepStatusQuery)).best, {
      trial: 0,
      rung: 0,
      value: 1,
      seeds: [1, 2],
    });
    free();
    held.delete('seeds-again');
    assert.deepEqual((await again.result()).best, { trial: 0, rung: 0, value: 1, seeds: [1, 2] });
  });

  test('takes the best further under halving, and the largest where that is the goal', async () => {
    await run(
      sweepOf('halving', {
        halving: { kind: 'synchronous', rungs: [0.25, 0.5], keep: 0.5 },
        objective: { metric: 'rate', goal: 'maximise' },
      }),
    );
    const { trials, best } = await recordOf('halving');
    assert.deepEqual(
      trials.map(({ rungs }) => rungs.map(({ until }) => until)),
      [[1], [1], [1, 2], [1, 2, null]],
    );
    assert.deepEqual([best!.trial, best!.rung, best!.value], [3, 2, 4]);
    assert.deepEqual(
      executionsOf('halving')
        .slice(4)
        .map(({ until }) => until),
      [2, 2, undefined],
    );
  });

  test('gives trials of the same configuration one run', async () => {
    await run(
      sweepOf('same', {
        parameters: {
          'contrast.ebm.learningRate': parameterSchema.parse({ kind: 'choice', values: [2, 2, 3, 2] }),
        },
        concurrent: 4,
      }),
    );
    const { trials } = await recordOf('same');
    assert.deepEqual(
      trials.map(({ rungs }) => rungs[0]!.value),
      [2, 2, 3, 2],
    );
    assert.equal(executionsOf('same').length, 2);
  });

  test('goes on without a trial that fails, and does that one again, alone, where it is asked to', async () => {
    const divergence = ApplicationFailure.create({
      type: failures.badInput,
      message: 'This rate is bad.',
      nonRetryable: true,
    });
    broken.set('failing', (rate) => (rate === 2 ? divergence : null));
    assert.deepEqual(await run(sweepOf('failing')), {
      sweepId: 'failing',
      best: { trial: 0, rung: 0, value: 1 },
      failed: 1,
    });
    assert.deepEqual((await recordOf('failing')).trials[1]!.rungs[0]!.failure, {
      type: failures.badInput,
      message: 'This rate is bad.',
    });
    broken.delete('failing');
    await run(sweepOf('failing'));
    assert.equal(executionsOf('failing').length, 4, 'a failure is a result, unless it is to be done again');
    await run(sweepOf('failing'), true);
    assert.equal(executionsOf('failing').length, 5);
    assert.deepEqual(
      (await recordOf('failing')).trials.map(({ rungs }) => rungs[0]!.status),
      ['completed', 'completed', 'completed', 'completed'],
    );
  });

  test('fails where no trial has a result', async () => {
    const handle = await begin(sweepOf('nothing', { objective: { metric: 'loss', goal: 'minimise' } }));
    const error = await handle.result().then(
      () => assert.fail(),
      (reason: unknown) => reason,
    );
    assert.match(String((error as WorkflowFailedError).cause), /None of the 4 trials has a result/);
    const { status, failure, trials } = await recordOf('nothing');
    assert.deepEqual(
      [status, failure, trials[0]!.rungs[0]!.failure],
      [
        'failed',
        'None of the 4 trials has a result.',
        { type: 'NoResult', message: 'Expected a result loss, got rate.' },
      ],
    );
  });

  test('takes its trials with it where it is cancelled, and goes on with those that had not ended', async () => {
    let free = (): void => {};
    held.set(
      'cancelled',
      new Promise((resolve) => {
        free = resolve;
      }),
    );
    const handle = await begin(sweepOf('cancelled'));
    while (executionsOf('cancelled').length < 2) await wait(50);
    const { running } = await handle.query(sweepStatusQuery);
    assert.deepEqual(
      running.map(({ trial }) => trial),
      [0, 1],
    );
    await handle.cancel();
    free();
    held.delete('cancelled');
    const error = await handle.result().then(
      () => assert.fail(),
      (reason: unknown) => reason,
    );
    assert.ok((error as WorkflowFailedError).cause instanceof CancelledFailure);
    for (const { runId } of running)
      assert.equal((await env.client.workflow.getHandle(runId).describe()).status.name, 'CANCELLED');
    assert.deepEqual(
      [(await recordOf('cancelled')).status, (await recordOf('cancelled')).trials.length],
      ['cancelled', 0],
    );
    await run(sweepOf('cancelled'));
    assert.equal((await recordOf('cancelled')).trials.length, 4);
  });

  test("waits for a trial's run that is under way by itself, and takes its result", async () => {
    const asked = sweepOf('waiting', {
      trials: 1,
      parameters: { 'contrast.ebm.learningRate': parameterSchema.parse({ kind: 'choice', values: [2] }) },
    });
    const { request } = trialRequest(asked, { trial: 0, rung: 0 }, [], new Date().toISOString());
    let free = (): void => {};
    held.set(
      'waiting',
      new Promise((resolve) => {
        free = resolve;
      }),
    );
    await ports.runs.claiming(request.runId, calmLife.attempt, (claim) =>
      ports.runs.write(request.runId, 'request.json', JSON.stringify({ request }), claim),
    );
    const alone = await env.client.workflow.start('reproduce', {
      taskQueue: workflowQueue,
      workflowId: request.runId,
      args: [request],
    });
    const handle = await begin(asked);
    while ((await handle.fetchHistory()).events!.every((event) => !event.timerStartedEventAttributes))
      await wait(100);
    free();
    await Promise.all([alone.result(), handle.result()]);
    assert.equal(executionsOf('waiting').length, 1);
    assert.equal((await recordOf('waiting')).best!.value, 2);
  });

  test('counts a run that somebody cancels as failed, and goes on', async () => {
    let free = (): void => {};
    held.set(
      'one-cancelled',
      new Promise((resolve) => {
        free = resolve;
      }),
    );
    const handle = await begin(sweepOf('one-cancelled', { concurrent: 1 }));
    while (executionsOf('one-cancelled').length === 0) await wait(50);
    await env.client.workflow.getHandle(executionsOf('one-cancelled')[0]!.runId).cancel();
    free();
    held.delete('one-cancelled');
    await handle.result();
    assert.deepEqual(
      (await recordOf('one-cancelled')).trials.map(({ rungs }) => rungs[0]!.status),
      ['cancelled', 'completed', 'completed', 'completed'],
    );
  });

  test('goes on in a new execution when its history has become long, with the same table', async () => {
    const parameters = {
      'contrast.ebm.learningRate': parameterSchema.parse({ kind: 'uniform', min: 1, max: 2 }),
    };
    const asked = (id: string, trials: number): Sweep =>
      sweepOf(id, {
        parameters,
        trials,
        sampler: { kind: 'sobol' },
        halving: { kind: 'synchronous', rungs: [0.5], keep: 0.5 },
      });
    await run(asked('long', 10));
    const { trials } = await recordOf('long');
    assert.deepEqual(
      [trials.length, trials.filter(({ rungs }) => rungs.length === 2).length, executionsOf('long').length],
      [10, 5, 15],
    );
    const lengths: number[] = [];
    for await (const { historyLength } of env.client.workflow.list({ query: "WorkflowId = 'long'" }))
      lengths.push(historyLength);
    assert.ok(lengths.length > 1, 'it was continued');
    assert.ok(
      lengths.every((length) => length < 2 * suggestedEvents),
      lengths.join(),
    );
    await run({ ...asked('long-alone', 10), concurrent: 1 });
    assert.deepEqual(table(await recordOf('long-alone')), table(await recordOf('long')));
  });
});
