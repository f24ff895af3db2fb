import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { StoredRequest } from '../../../activities/contracts/run.ts';
import type { Ports } from '../../../activities/ports/ports.ts';
import type { ArtifactStore } from '../../../activities/ports/store.ts';
import type { Halving, Sweep, SweepRecord } from '../../../activities/sweep/contracts.ts';
import * as activities from '../../../activities/sweep/sweep-activities.ts';
import { readSweep } from '../../../activities/sweep/sweep-record.ts';
import { sweepFileSchema } from '../../../activities/sweep/sweep-schema.ts';
import { trialRequest, untilOf } from '../../../activities/sweep/trial-request.ts';
import { layoutOf } from '../../../infra/store/layout.ts';
import { LocalRunDirectory } from '../../../infra/worker/run-directory.ts';
import { calmLife } from '../fake-ports.ts';
import { smallRequest } from '../../support/faults/small-run.ts';
import { temporaryFolder } from '../../support/folders.ts';

const out = temporaryFolder('sweep-activities');
const ports = { runs: new LocalRunDirectory(layoutOf(out), {} as ArtifactStore) } as unknown as Ports;

const verb =
  <I, O>(work: (given: Ports, request: I, life: typeof calmLife) => Promise<O>) =>
  (request: I): Promise<O> =>
    work(ports, request, calmLife);
const [openSweep, openTrial, recordTrial] = [
  verb(activities.openSweep),
  verb(activities.openTrial),
  verb(activities.recordTrial),
];
const [recordSweepEnd, recordSweepRequest] = [
  verb(activities.recordSweepEnd),
  verb(activities.recordSweepRequest),
];

const file = sweepFileSchema.parse({
  experiment: 'eight-gaussians',
  objective: { metric: 'mse.ebmFce' },
  trials: 8,
  parameters: {
    'contrast.ebm.learningRate': { kind: 'logUniform', min: 1e-4, max: 1e-2 },
    'contrast.flow.decay': { kind: 'choice', values: ['none', 'cosine'] },
  },
});
const sweepOf = (id: string, changes: Partial<Sweep> = {}): Sweep => ({
  id,
  name: 'small',
  parameters: file.parameters,
  sampler: file.sampler,
  seed: 1,
  trials: 8,
  objective: file.objective,
  halving: null,
  concurrent: 2,
  pricePerHour: null,
  base: { ...smallRequest(id), command: 'counterflow run eight-gaussians' },
  command: 'counterflow sweep small.yaml',
  ...changes,
});
const begun = async (id: string, changes: Partial<Sweep> = {}): Promise<Sweep> => {
  const sweep = sweepOf(id, changes);
  await recordSweepRequest({ sweep, address: null });
  return sweep;
};
const recordOf = async (id: string): Promise<SweepRecord> => (await readSweep(ports, id))!;
const ended = (sweepId: string, trial: number, value: number | null, rung = 0) =>
  recordTrial({
    sweepId,
    trial,
    rung,
    status: value === null ? 'failed' : 'completed',
    value,
    failure: value === null ? { type: 'GaveUp', message: 'It diverged.' } : null,
    seconds: 1,
  });
const halving: Halving = { kind: 'synchronous', rungs: [0.25, 0.5], keep: 0.5 };

describe("a trial's request", () => {
  test(
    "has the sweep's settings and its own, the command that makes it, and an id made of the hash of "
      + 'its configuration',
    () => {
      const { values, request } = trialRequest(sweepOf('s'), { trial: 3, rung: 0 }, [], 'now');
      const { learningRate } = request.config.contrast.ebm;
      assert.deepEqual(values, {
        'contrast.ebm.learningRate': learningRate,
        'contrast.flow.decay': request.config.contrast.flow.decay,
      });
      assert.equal(
        request.command,
        `counterflow run eight-gaussians --set contrast.ebm.learningRate=${learningRate} --set `
          + `contrast.flow.decay=${request.config.contrast.flow.decay}`,
      );
      assert.match(request.runId, /^s-[0-9a-f]{12}$/);
      assert.equal(request.config.contrast.updates, 20, "the rest is the base's");
      assert.equal(request.until, undefined);
      assert.notEqual(
        trialRequest(sweepOf('s'), { trial: 4, rung: 0 }, [], 'now').request.runId,
        request.runId,
      );
      assert.equal(
        trialRequest(sweepOf('s'), { trial: 3, rung: 0 }, [], 'later').request.runId,
        request.runId,
      );
    },
  );

  test('goes on to its rung: a share of its updates or a number of them, and all of them on the last', () => {
    const { config } = smallRequest('r');
    assert.deepEqual(
      [0, 1, 2].map((rung) => untilOf(halving, rung, config)),
      [5, 10, null],
    );
    assert.deepEqual(
      [0, 1, 2].map((rung) => untilOf({ ...halving, rungs: [3, 30] }, rung, config)),
      [3, null, null],
    );
    const [low, high] = [0, 2].map(
      (rung) => trialRequest(sweepOf('s', { halving }), { trial: 1, rung }, [], 'now').request,
    );
    assert.deepEqual([low!.until, high!.until, low!.runId], [5, undefined, high!.runId]);
  });

  test('is refused where its settings do not go together, and quotes whole sections', () => {
    const unknown = sweepOf('s', {
      parameters: { 'contrast.flow.decay': { kind: 'choice', values: ['slow'] } },
    });
    assert.throws(() => trialRequest(unknown, { trial: 0, rung: 0 }, [], 'now'), /decay/);
    const section = sweepOf('s', {
      parameters: { 'contrast.turn': { kind: 'choice', values: [{ kind: 'ratio', ebm: 2, flow: 1 }] } },
    });
    assert.match(
      trialRequest(section, { trial: 0, rung: 0 }, [], 'now').request.command,
      / --set 'contrast\.turn=\{"kind":"ratio","ebm":2,"flow":1\}'$/,
    );
  });
});

describe("a sweep's record", () => {
  test('is begun once, and keeps every result in its place', async () => {
    await begun('kept');
    await ended('kept', 1, 0.5);
    await begun('kept');
    await ended('kept', 0, 0.7);
    await ended('kept', 0, 0.7);
    const { trials, best, order, repeatable } = await recordOf('kept');
    assert.deepEqual(
      trials.map(({ trial, rungs }) => [trial, rungs.length, rungs[0]!.value]),
      [
        [0, 1, 0.7],
        [1, 1, 0.5],
      ],
    );
    assert.deepEqual(
      [best!.trial, best!.value, order, repeatable],
      [
        1,
        0.5,
        [
          { trial: 1, rung: 0 },
          { trial: 0, rung: 0 },
        ],
        true,
      ],
    );
    assert.match(best!.command, /^counterflow run .* --set contrast\.ebm\.learningRate=/);
  });

  test(
    "says on which server it is, in which namespace and by which profile, and so does each trial's "
      + 'request',
    async () => {
      const server = { address: 'temporal.example:7233', namespace: 'research', profile: 'team' };
      await recordSweepRequest({ sweep: sweepOf('placed'), ...server });
      const { address, namespace, profile } = await recordOf('placed');
      assert.deepEqual({ address, namespace, profile }, server);
      const { runId } = await openTrial({ sweepId: 'placed', trial: 0, rung: 0 });
      const { request: _, ...stored } = JSON.parse(
        readFileSync(join(out, runId, 'request.json'), 'utf8'),
      ) as StoredRequest & { readonly seal?: unknown };
      assert.deepEqual(
        { address: stored.address, namespace: stored.namespace, profile: stored.profile },
        server,
      );
    },
  );

  test(
    'counts the time that a trial is worked on in all executions of its run, waiting for cores '
      + 'included, and no pause',
    async () => {
      const sweep = await begun('paused');
      const { runId } = trialRequest(sweep, { trial: 0, rung: 0 }, [], 'now').request;
      const step = (name: string, seconds: number, reused: boolean): object => ({
        name,
        key: name,
        reused,
        reason: '',
        seconds,
      });
      const steps = [
        step('nce-matched 0-20', 30, false),
        step('contrast 0-10', 50, true),
        step('contrast 10-20', 5, false),
        step('evaluate', 4, false),
      ];
      const executions = [{ seconds: 3, until: 1 }, { seconds: 100 }, { seconds: 68.3 }].map((one, i) => ({
        startedAt: `${i}`,
        lastAt: `${i}`,
        ...one,
      }));
      mkdirSync(join(out, runId), { recursive: true });
      const leave = (changes: object): void =>
        writeFileSync(
          join(out, runId, 'run.json'),
          JSON.stringify({ id: runId, status: 'completed', steps, ...changes }),
        );
      const news = { sweepId: 'paused', rung: 0, status: 'completed', value: 0.5, failure: null } as const;
      const seconds = async (trial: number, elapsed: number): Promise<number> => {
        await recordTrial({ ...news, trial, seconds: elapsed });
        return (await recordOf('paused')).trials[trial]!.rungs[0]!.seconds;
      };
      leave({ executions });
      assert.equal(await seconds(0, 36_000), 171.3);
      assert.equal(
        await seconds(0, 0.1),
        171.3,
        'a sweep that finds the run completed spends no time on it, the run did',
      );
      assert.equal(await seconds(1, 36_000), 36_000, 'what has no record has the time of the workflow');
      leave({});
      assert.equal(
        await seconds(0, 36_000),
        36_000,
        'steps say too little: those beside one another share the cores',
      );
    },
  );

  test('counts of a trial that goes on to further rungs what each of them took', async () => {
    const sweep = await begun('climbing', { halving });
    const { runId } = trialRequest(sweep, { trial: 0, rung: 0 }, [], 'now').request;
    const executions = [
      [1, 2],
      [5, 10],
      [10, 30],
      [10, 5],
      [null, 70],
    ].map(([until, seconds], i) => ({
      startedAt: `${i}`,
      lastAt: `${i}`,
      seconds,
      ...(until !== null && { until }),
    }));
    mkdirSync(join(out, runId), { recursive: true });
    writeFileSync(
      join(out, runId, 'run.json'),
      JSON.stringify({ id: runId, status: 'completed', executions }),
    );
    for (const rung of [0, 1, 2])
      await recordTrial({
        sweepId: 'climbing',
        trial: 0,
        rung,
        status: 'completed',
        value: 0.5,
        failure: null,
        seconds: 999,
      });
    assert.deepEqual(
      (await recordOf('climbing')).trials[0]!.rungs.map(({ seconds }) => seconds),
      [12, 35, 70],
    );
  });

  test('calls best who is furthest up, then who has the best value', async () => {
    await begun('best', { halving });
    await ended('best', 0, 0.1);
    await ended('best', 1, 0.2);
    await ended('best', 1, 0.3, 1);
    await ended('best', 0, null, 1);
    assert.deepEqual((await recordOf('best')).best, {
      ...(await recordOf('best')).best!,
      trial: 1,
      rung: 1,
      value: 0.3,
    });
    await begun('most', { objective: { metric: 'm', goal: 'maximise' } });
    for (const [trial, value] of [0.1, 0.3, 0.2].entries()) await ended('most', trial, value);
    assert.equal((await recordOf('most')).best!.trial, 1);
  });

  test(
    'calls best the configuration with the best mean where seeds are swept, and says so as results '
      + 'come in',
    async () => {
      const parameters = {
        'contrast.ebm.learningRate': { kind: 'choice' as const, values: [0.001, 0.002] },
        seed: { kind: 'int' as const, min: 1, max: 2, points: null },
      };
      await begun('seeds', {
        parameters,
        sampler: { kind: 'grid' },
        trials: 4,
        base: { ...smallRequest('seeds'), command: 'counterflow run eight-gaussians' },
      });
      const first = await ended('seeds', 0, 0.1);
      assert.deepEqual(first!.best, { trial: 0, rung: 0, value: 0.1, seeds: [1] });
      for (const [trial, value] of [
        [1, 0.9],
        [2, 0.4],
      ] as const)
        await ended('seeds', trial, value);
      assert.deepEqual((await ended('seeds', 3, 0.3))!.best, {
        trial: 2,
        rung: 0,
        value: 0.35,
        seeds: [1, 2],
      });
      const { best } = await recordOf('seeds');
      const { standing } = await openTrial({ sweepId: 'seeds', trial: 0, rung: 0 });
      assert.deepEqual(
        standing,
        { best: { trial: 2, rung: 0, value: 0.35, seeds: [1, 2] } },
        'who goes on with the sweep knows it from its first trial on',
      );
      assert.equal(best!.command, 'counterflow run eight-gaussians --set contrast.ebm.learningRate=0.002');
      assert.deepEqual(
        (await recordSweepEnd({ sweepId: 'seeds', status: 'completed', failure: null }))!.best,
        {
          trial: 2,
          rung: 0,
          value: 0.35,
          seeds: [1, 2],
        },
      );
    },
  );

  test('says of asynchronous halving that another sweep may end otherwise', async () => {
    await begun('asha', { halving: { ...halving, kind: 'asynchronous' } });
    assert.equal((await recordOf('asha')).repeatable, false);
  });

  test('says how the sweep ended, and that it goes on again', async () => {
    await begun('end');
    await recordSweepEnd({ sweepId: 'end', status: 'failed', failure: 'The disk is full.' });
    const { status, failure, finishedAt } = await recordOf('end');
    assert.deepEqual([status, failure, finishedAt !== null], ['failed', 'The disk is full.', true]);
    await openSweep({ sweepId: 'end', failedAgain: false });
    assert.deepEqual([(await recordOf('end')).status, (await recordOf('end')).finishedAt], ['running', null]);
  });

  test('that was changed is refused with what to do', async () => {
    await begun('changed');
    const path = join(out, 'changed', 'sweep.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"seed": 1', '"seed": 2'));
    await assert.rejects(
      openTrial({ sweepId: 'changed', trial: 0, rung: 0 }),
      /sweep\.json as it was written, .* start the sweep again/,
    );
    await assert.rejects(
      openTrial({ sweepId: 'nowhere', trial: 0, rung: 0 }),
      /nowhere.*found none: start the sweep again/,
    );
  });
});

describe('a sweep that goes on', () => {
  test('knows what has ended and how, and forgets the failed where they are to be done again', async () => {
    await begun('on', { halving });
    await ended('on', 2, null);
    await ended('on', 0, 0.1);
    await ended('on', 0, 0.2, 1);
    assert.deepEqual(await openSweep({ sweepId: 'on', failedAgain: false }), [[0.1, 0.2], [], [null]]);
    assert.deepEqual(await openSweep({ sweepId: 'on', failedAgain: true }), [[0.1, 0.2], [], []]);
  });

  test('keeps what a run is asked for before it begins, and when it began', async () => {
    const sweep = await begun('asked', { halving });
    const first = await openTrial({ sweepId: 'asked', trial: 5, rung: 0 });
    const stored = (): StoredRequest =>
      JSON.parse(readFileSync(join(out, first.runId, 'request.json'), 'utf8')) as StoredRequest;
    assert.deepEqual(
      [stored().request, stored().request.until, stored().request.resumedAt],
      [first.request, 5, undefined],
    );
    const later = await openTrial({ sweepId: 'asked', trial: 5, rung: 1 });
    assert.deepEqual([later.request!.startedAt, later.request!.until], [first.request!.startedAt, 10]);
    assert.equal(stored().request.resumedAt, later.request!.resumedAt);
    assert.ok(sweep.base.startedAt <= first.request!.startedAt);
  });

  test('takes over from what its first updates were measured by, and is not resumed by that', async () => {
    await begun('measured');
    const { request } = trialRequest(
      await begun('measured'),
      { trial: 0, rung: 0 },
      [],
      '2026-01-02T03:04:05.000Z',
    );
    mkdirSync(join(out, request.runId), { recursive: true });
    const measuring: StoredRequest = {
      request: { ...request, until: 1, withoutBaselines: true },
      address: null,
    };
    writeFileSync(join(out, request.runId, 'request.json'), JSON.stringify(measuring));
    const open = async () => (await openTrial({ sweepId: 'measured', trial: 0, rung: 0 })).request!;
    const first = await open();
    assert.deepEqual(
      [first.resumedAt, first.until, first.withoutBaselines, first.startedAt],
      [undefined, undefined, undefined, request.startedAt],
    );
    assert.notEqual((await open()).resumedAt, undefined, 'by itself it was begun now');
  });

  test('takes a run that was completed just so far as it is, and no other', async () => {
    await begun('reused', { halving });
    const { runId } = await openTrial({ sweepId: 'reused', trial: 0, rung: 0 });
    const leave = (record: object): void =>
      writeFileSync(
        join(out, runId, 'run.json'),
        JSON.stringify({ status: 'completed', until: 5, results: { mse: { ebmFce: 0.25 } }, ...record }),
      );
    mkdirSync(join(out, runId), { recursive: true });
    leave({});
    assert.deepEqual(await openTrial({ sweepId: 'reused', trial: 0, rung: 0 }), {
      runId,
      request: null,
      value: 0.25,
    });
    for (const other of [{ until: 10 }, { status: 'failed' }, { results: {} }]) {
      leave(other);
      assert.notEqual(
        (await openTrial({ sweepId: 'reused', trial: 0, rung: 0 })).request,
        null,
        JSON.stringify(other),
      );
    }
  });

  test("places TPE's trials by the results of the windows before them, the same after a resume", async () => {
    const sampler = { kind: 'tpe' as const, startup: 4, window: 2, candidates: 8 };
    const ids = async (id: string, values: readonly (number | null)[]): Promise<string> => {
      await begun(id, { sampler, halving });
      for (const [trial, value] of values.entries()) await ended(id, trial, value);
      return (
        await openTrial({ sweepId: id, trial: 4, rung: 0 })
      ).request!.config.contrast.ebm.learningRate.toString();
    };
    const rate = await ids('tpe', [0.4, 0.3, 0.2, 0.1]);
    assert.equal(await ids('tpe-again', [0.4, 0.3, 0.2, 0.1]), rate);
    assert.notEqual(await ids('tpe-other', [0.1, 0.2, 0.3, null]), rate);
    await ended('tpe', 0, 7, 1);
    assert.equal(
      (
        await openTrial({ sweepId: 'tpe', trial: 4, rung: 0 })
      ).request!.config.contrast.ebm.learningRate.toString(),
      rate,
      'higher rungs do not count',
    );
    await begun('tpe-early', { sampler });
    await assert.rejects(
      openTrial({ sweepId: 'tpe-early', trial: 4, rung: 0 }),
      /Trial 4 is placed by the results of trials 0 to 3, but trial 0 has none yet/,
    );
  });
});

describe('a sweep file', () => {
  const parse = (changes: object) =>
    sweepFileSchema.safeParse({
      experiment: 'spiral',
      objective: { metric: 'mse.ebmFce' },
      trials: 4,
      parameters: { seed: { kind: 'int', min: 1, max: 4 } },
      ...changes,
    });
  test('needs an experiment, parameters, and trials but for a grid; the rest has defaults', () => {
    const { sampler, seed, halving: none, objective } = parse({}).data!;
    assert.deepEqual([sampler.kind, seed, none, objective.goal], ['sobol', 1, null, 'minimise']);
    assert.equal(parse({ trials: null, sampler: { kind: 'grid' } }).success, true);
    assert.equal(parse({ halving: { rungs: [100, 200] } }).data!.halving!.keep, 1 / 3);
  });
  for (const [what, changes] of Object.entries({
    'an unknown key': { trails: 4 },
    'no trials': { trials: null },
    'no parameters': { parameters: {} },
    'rungs that fall': { halving: { rungs: [0.5, 0.25] } },
    'rungs of two kinds': { halving: { rungs: [0.5, 100] } },
    'half an update': { halving: { rungs: [1.5] } },
    'more axes than Sobol has': {
      parameters: Object.fromEntries(
        Array.from({ length: 17 }, (_, i) => [`p${i}`, { kind: 'int', min: 0, max: 1 }]),
      ),
    },
  }))
    test(`is refused with ${what}`, () => assert.equal(parse(changes).success, false));
});
