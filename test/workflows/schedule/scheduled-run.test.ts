/** Firings of schedules on a real server: real records in a folder, pretend trainings. What is under the id
 *  of a firing is looked at first. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Activities } from '../../../activities/contracts/activities.ts';
import type { RunRequest, RunSnapshot, StoredRequest } from '../../../activities/contracts/run.ts';
import { createActivities } from '../../../activities/create-activities.ts';
import type { Ports } from '../../../activities/ports/ports.ts';
import type { ArtifactStore } from '../../../activities/ports/store.ts';
import type { Sweep } from '../../../activities/sweep/contracts.ts';
import { begunSweep, sweepText } from '../../../activities/sweep/sweep-record.ts';
import { layoutOf } from '../../../infra/store/layout.ts';
import { LocalRunDirectory } from '../../../infra/worker/run-directory.ts';
import { parameterSchema } from '../../../models/search/parameter.ts';
import { workflowQueue } from '../../../workflows/shared/queues.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { openPretendServer, type PretendServer } from '../../support/pretend-workers.ts';
import { noTemporal } from '../../support/temporal.ts';
import { pretend, requestOf, withContrast } from '../fake-run.ts';

const out = temporaryFolder('firings');
const ports = { runs: new LocalRunDirectory(layoutOf(out), {} as ArtifactStore) } as unknown as Ports;
const due = '20260102-030000';

describe('a firing of a schedule', { skip: noTemporal, concurrency: true, timeout: 120_000 }, () => {
  let env: TestWorkflowEnvironment;
  let server: PretendServer | undefined;
  /** Run ids, for each training that began. */
  const trained: string[] = [];
  /** What runs were asked for, in the order in which their records were written. */
  const recorded: RunRequest[] = [];
  const broken = new Set<string>();
  const held = new Map<string, Promise<void>>();

  before(async () => {
    server = await openPretendServer({ activities: activities(), maxHeartbeatThrottleInterval: '1 s' });
    ({ env } = server);
  });
  after(() => server?.close());

  function activities(): Activities {
    const runOf = (): string => Context.current().info.workflowExecution!.workflowId.split('/')[0]!;
    const {
      recordRequest,
      openFiring,
      recordSweepRequest,
      openSweepFiring,
      openSweep,
      openTrial,
      recordTrial,
      recordSweepEnd,
    } = createActivities(ports);
    return pretend({
      trainSegment: async (segment) => {
        if (segment.fromUpdate === 0) trained.push(runOf());
        await held.get(runOf());
        if (broken.has(runOf())) throw ApplicationFailure.nonRetryable('It is broken.', 'Broken');
        return pretend().activities.trainSegment(segment);
      },
      recordRun: async (run: RunSnapshot) => {
        const { runId, startedAt } = run.request;
        recorded.push(run.request);
        mkdirSync(join(out, runId), { recursive: true });
        writeFileSync(
          join(out, runId, 'run.json'),
          JSON.stringify({
            status: run.status,
            startedAt,
            results: { mse: { ebmFce: run.evaluation?.results['mse.ebmFce'] } },
            decisions: run.decisions,
          }),
        );
      },
      recordRequest,
      openFiring,
      recordSweepRequest,
      openSweepFiring,
      openSweep,
      openTrial,
      recordTrial,
      recordSweepEnd,
    }).activities;
  }

  const asked = (name: string, more: object = {}): RunRequest =>
    requestOf(name, withContrast({ updates: 4, ...more }));
  const idOf = (name: string): string => `${name}-${due}`;
  const contentOf = (name: string): string[] =>
    readdirSync(join(out, idOf(name)))
      .sort()
      .map((file) => `${file} ${readFileSync(join(out, idOf(name), file), 'utf8')}`);
  const isTrained = (name: string): number => trained.filter((id) => id === idOf(name)).length;
  const keep = (name: string, files: Readonly<Record<string, object | string>>): void => {
    mkdirSync(join(out, idOf(name)), { recursive: true });
    for (const [file, content] of Object.entries(files))
      writeFileSync(
        join(out, idOf(name), file),
        typeof content === 'string' ? content : JSON.stringify(content),
      );
  };
  const fires =
    (workflowType: 'scheduled' | 'scheduledSweep', asksFor: object) =>
    async (name: string): Promise<WorkflowHandle> => {
      const scheduleId = `${name}-${Math.random()}`;
      const schedule = await env.client.schedule.create({
        scheduleId,
        spec: { cronExpressions: ['0 3 * * *'], timezone: 'UTC' },
        state: { paused: true },
        action: {
          type: 'startWorkflow',
          workflowType,
          workflowId: name,
          taskQueue: workflowQueue,
          args: [{ ...asksFor, newSeeds: false, address: null }],
        },
      });
      await schedule.backfill({
        start: new Date('2026-01-02T00:00:00Z'),
        end: new Date('2026-01-03T00:00:00Z'),
        overlap: 'BUFFER_ALL',
      });
      for (;;) {
        const [action] = (await schedule.describe()).info.recentActions;
        if (action)
          return env.client.workflow.getHandle(
            action.action.workflow.workflowId,
            action.action.workflow.firstExecutionRunId,
          );
        await wait(50);
      }
    };
  const begin = (name: string, request = asked(name)): Promise<WorkflowHandle> =>
    fires('scheduled', { request })(name);
  const fire = async (name: string, request = asked(name)): Promise<unknown> =>
    (await begin(name, request)).result();
  const refusalOf = (firing: Promise<unknown>): Promise<string> =>
    firing.then(
      () => assert.fail('it was not refused'),
      (error: unknown) => {
        let cause = error as Error;
        assert.ok(cause instanceof WorkflowFailedError, String(error));
        while (cause.cause instanceof Error) cause = cause.cause;
        return cause.message;
      },
    );
  const found = (name: string) => ({
    runId: idOf(name),
    results: { 'mse.ebmFce': 0.01 },
    found: `${idOf(name)} was completed before; nothing was computed or written.`,
  });

  test('begins its run once, and finds it the next time', async () => {
    assert.deepEqual(await fire('once'), { runId: idOf('once'), results: { 'mse.ebmFce': 0.01 } });
    const content = contentOf('once');
    assert.deepEqual(await fire('once'), found('once'));
    assert.deepEqual(contentOf('once'), content);
    assert.equal(isTrained('once'), 1);
  });

  test('finds a completed run that the server never heard of, or has forgotten', async () => {
    keep('forgotten', { 'run.json': { status: 'completed', results: { mse: { ebmFce: 0.01 } } } });
    assert.deepEqual(await fire('forgotten'), found('forgotten'));
    assert.equal(isTrained('forgotten'), 0);
  });

  test('leaves a run that was repaired with other settings as it is', async () => {
    const [request, set] = [
      { ...asked('repaired'), runId: idOf('repaired') },
      asked('repaired', { flow: { learningRate: 1e-5 } }),
    ];
    const amended = [
      {
        training: 'contrast',
        changes: ['contrast.flow.learningRate=1e-5'],
        before: request.config.contrast,
        update: 0,
        adjustments: [],
        decisions: [],
      },
    ];
    keep('repaired', {
      'request.json': { request: { ...request, config: set.config, amended }, address: null },
      'run.json': { status: 'completed', results: { mse: { ebmFce: 0.01 } } },
    });
    const content = contentOf('repaired');
    assert.deepEqual(await fire('repaired'), found('repaired'));
    assert.deepEqual(contentOf('repaired'), content);
  });

  test('goes on with a run that failed, with the settings and messages that it has by now', async () => {
    broken.add(idOf('failed'));
    assert.match(await refusalOf(fire('failed')), /It is broken/);
    const stored = JSON.parse(
      readFileSync(join(out, idOf('failed'), 'request.json'), 'utf8'),
    ) as StoredRequest;
    const amended = [
      {
        training: 'contrast' as const,
        changes: ['contrast.flow.learningRate=1e-5'],
        before: stored.request.config.contrast,
        update: 0,
        adjustments: [],
        decisions: [],
      },
    ];
    const config = {
      ...stored.request.config,
      contrast: {
        ...stored.request.config.contrast,
        flow: { ...stored.request.config.contrast.flow, learningRate: 1e-5 },
      },
    };
    keep('failed', { 'request.json': { ...stored, request: { ...stored.request, config, amended } } });
    broken.delete(idOf('failed'));
    assert.deepEqual(await fire('failed'), { runId: idOf('failed'), results: { 'mse.ebmFce': 0.01 } });
    const last = recorded.findLast(({ runId }) => runId === idOf('failed'))!;
    assert.deepEqual(
      [last.config, last.amended, last.startedAt, last.resumedAt !== undefined],
      [config, amended, stored.request.startedAt, true],
    );
  });

  test("is refused where the id is another request's, of a run or of a sweep, or of another server", async () => {
    keep('other', {
      'request.json': { request: { ...asked('other', { updates: 8 }), runId: idOf('other') }, address: null },
      'run.json': { status: 'completed', results: {} },
    });
    keep('swept', { 'sweep.json': {} });
    keep('elsewhere', {
      'request.json': {
        request: { ...asked('elsewhere'), runId: idOf('elsewhere') },
        address: 'far.example:7233',
      },
      'run.json': { status: 'failed' },
    });
    const content = ['other', 'swept', 'elsewhere'].map(contentOf);
    assert.equal(
      await refusalOf(fire('other')),
      `Expected ${idOf('other')} to be of this schedule, but contrast.updates is 4 here and 8 there: `
        + 'it stays as it is; remove its folder, or create the schedule under another name.',
    );
    assert.equal(
      await refusalOf(fire('swept')),
      `Expected a folder of a run, but ${idOf('swept')} is a sweep; remove its folder, or create the `
        + 'schedule under another name.',
    );
    assert.match(
      await refusalOf(fire('elsewhere')),
      /but it was begun on the Temporal server far\.example:7233, namespace default: `counterflow resume elsewhere-20260102-030000` goes on/,
    );
    assert.deepEqual(['other', 'swept', 'elsewhere'].map(contentOf), content);
  });

  /** A run of that id goes on by itself; `end` lets it. */
  async function alone(name: string): Promise<{ run: WorkflowHandle; end: () => void }> {
    let end = (): void => {};
    held.set(
      idOf(name),
      new Promise((resolve) => {
        end = resolve;
      }),
    );
    const request = { ...asked(name), runId: idOf(name) };
    keep(name, { 'request.json': { request, address: null } });
    return {
      run: await env.client.workflow.start('reproduce', {
        taskQueue: workflowQueue,
        workflowId: idOf(name),
        args: [request],
      }),
      end,
    };
  }
  const untilItWaits = async (firing: WorkflowHandle): Promise<void> => {
    while ((await firing.fetchHistory()).events!.every((event) => !event.timerStartedEventAttributes))
      await wait(100);
  };

  test('waits for a run of its id that is under way by itself, and finds it then', async () => {
    const { run, end } = await alone('waits');
    const firing = await begin('waits');
    await untilItWaits(firing);
    end();
    await run.result();
    assert.deepEqual(await firing.result(), found('waits'));
    assert.equal(isTrained('waits'), 1);
  });

  test('does not begin again what somebody cancelled while it waited', async () => {
    const { run, end } = await alone('cancelled');
    const firing = await begin('cancelled');
    await untilItWaits(firing);
    await run.cancel();
    end();
    assert.equal(
      await refusalOf(firing.result()),
      `${idOf('cancelled')} was under way by itself, and ended: it was cancelled.`,
    );
  });

  const sweepOf = (name: string, changes: Partial<Sweep> = {}): Sweep => ({
    id: name,
    name: 'pretend',
    parameters: {
      'contrast.ebm.learningRate': parameterSchema.parse({ kind: 'uniform', min: 1, max: 4, points: 2 }),
    },
    sampler: { kind: 'grid' },
    seed: 1,
    trials: 2,
    objective: { metric: 'mse.ebmFce', goal: 'minimise' },
    halving: null,
    concurrent: 2,
    pricePerHour: null,
    base: asked(name),
    command: 'counterflow sweep pretend.yaml',
    ...changes,
  });
  const fireSweep = async (name: string, sweep = sweepOf(name)): Promise<unknown> =>
    (await fires('scheduledSweep', { sweep })(name)).result();

  test('of sweeps begins its sweep once, and finds it the next time', async () => {
    const best = { trial: 0, rung: 0, value: 0.01 };
    assert.deepEqual(await fireSweep('grid'), { sweepId: idOf('grid'), best, failed: 0 });
    const content = contentOf('grid');
    const again = (await fireSweep('grid')) as { best: object; found: string };
    assert.deepEqual(
      [again.best, again.found],
      [{ ...best, ...again.best }, `${idOf('grid')} was completed before; nothing was computed or written.`],
    );
    assert.deepEqual(contentOf('grid'), content);
    assert.equal(trained.filter((id) => id.startsWith(idOf('grid'))).length, 2);
  });

  test("of sweeps goes on with one that was interrupted, and is refused where the id is another's", async () => {
    const kept = {
      ...sweepOf('interrupted'),
      id: idOf('interrupted'),
      base: { ...asked('interrupted'), runId: idOf('interrupted') },
    };
    keep('interrupted', { 'sweep.json': sweepText(begunSweep(kept, { address: null })) });
    assert.deepEqual(await fireSweep('interrupted'), {
      sweepId: idOf('interrupted'),
      best: { trial: 0, rung: 0, value: 0.01 },
      failed: 0,
    });
    const content = contentOf('interrupted');
    assert.match(
      await refusalOf(fireSweep('interrupted', sweepOf('interrupted', { trials: 1 }))),
      /Expected interrupted-20260102-030000 to be of this schedule, but trials is 1 here and 2 there: it stays as it is/,
    );
    assert.deepEqual(contentOf('interrupted'), content);
    keep('ran', { 'request.json': {} });
    assert.match(
      await refusalOf(fireSweep('ran')),
      /Expected a folder of a sweep, but ran-20260102-030000 is a run/,
    );
  });
});
