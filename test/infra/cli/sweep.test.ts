/** Sweeps by the command line: files that are read, refused and resolved; and a small one for real, with its
 *  worker killed. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { begunSweep, sweepText, withResult } from '../../../activities/sweep/sweep-record.ts';
import { trialRequest } from '../../../activities/sweep/trial-request.ts';
import type { Projection, RungResult, Sweep, SweepRecord } from '../../../activities/sweep/contracts.ts';
import { colorsFor } from '../../../infra/cli/lines/colors.ts';
import { sweepEventSchema, type SweepEvent } from '../../../infra/client/runs/events.ts';
import { exitCodes } from '../../../infra/base/exit-codes.ts';
import { findSweep } from '../../../infra/client/records/sweep-records.ts';
import { exampleFile } from '../../../infra/cli/arguments/sweep-help.ts';
import { shortNames } from '../../../infra/client/sweeps/short-names.ts';
import { sweepLines } from '../../../infra/cli/lines/sweep-lines.ts';
import {
  measuredIn,
  ownTrainings,
  project,
  projectionLine,
  projectionLines,
} from '../../../infra/client/sweeps/projection.ts';
import { probeView } from '../../../infra/client/sweeps/show-benchmarks.ts';
import { probesOf } from '../../../infra/client/sweeps/measure-trials.ts';
import { readSweepFile } from '../../../infra/client/sweeps/read-sweep-file.ts';
import { resolveSweep } from '../../../infra/client/sweeps/resolve-sweep.ts';
import { processesWith, run, start } from '../../support/command-line.ts';
import { smallSettings } from '../../support/faults/small-run.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { noTemporal } from '../../support/temporal.ts';

const folder = temporaryFolder('sweep');
const set = Object.fromEntries(
  smallSettings.map((setting) => [setting.split('=')[0]!, JSON.parse(setting.split('=')[1]!) as unknown]),
);
const small = {
  experiment: 'eight-gaussians',
  set,
  trials: 6,
  objective: { metric: 'mse.ebmFce' },
  concurrent: 2,
  parameters: {
    'contrast.ebm.learningRate': { kind: 'logUniform', min: 1e-3, max: 1e-2 },
    'contrast.flow.learningRate': { kind: 'logUniform', min: 1e-3, max: 1e-2 },
  },
};
const longBaseline = {
  method: 'nce',
  noise: 'matched',
  updates: 1_000_000,
  segments: 10,
  batchSize: 50,
  ebm: { learningRate: 1e-3 },
};
let files = 0;
function fileOf(content: object | string, ending = 'yaml'): string {
  const path = join(folder, `small-${(files += 1)}.${ending}`);
  writeFileSync(path, typeof content === 'string' ? content : stringify(content));
  return path;
}
const resolved = (changes: object = {}, options = {}): Promise<Sweep> =>
  resolveSweep(fileOf({ ...small, ...changes }), options);
const refusal = async (work: Promise<unknown>): Promise<string> => {
  const error = (await work.then(
    () => assert.fail('accepted'),
    (reason: unknown) => reason,
  )) as { exitCode?: number; message: string };
  assert.equal(error.exitCode, exitCodes.badInput, error.message);
  assert.doesNotMatch(error.message, /\n/);
  return error.message;
};

describe('a sweep file', () => {
  test('is what help shows', async () => {
    const { parameters, halving, sampler } = await readSweepFile(fileOf(exampleFile));
    assert.deepEqual(
      [Object.keys(parameters).length, halving!.rungs, sampler.kind],
      [4, [0.25, 0.5], 'sobol'],
    );
    assert.equal((await resolveSweep(fileOf(exampleFile), {})).base.config.contrast.turn.kind, 'accuracy');
  });

  test('is YAML, JSON or a module, and names the sweep where it gives no name', async () => {
    const [yaml, json, module] = await Promise.all(
      [
        fileOf(small),
        fileOf(JSON.stringify(small), 'json'),
        fileOf(`export default ${JSON.stringify(small)} satisfies object;`, 'ts'),
      ].map(readSweepFile),
    );
    assert.deepEqual({ ...json, name: '' }, { ...yaml, name: '' });
    assert.deepEqual({ ...module, name: '' }, { ...yaml, name: '' });
    assert.match(yaml!.name, /^small-\d+$/);
    assert.equal((await readSweepFile(fileOf({ ...small, name: 'rates' }))).name, 'rates');
  });

  const refused: readonly (readonly [what: string, content: object | string, RegExp, ending?: string])[] = [
    ['a misspelt key', { ...small, trails: 3 }, /to have known keys only, got "trails"/],
    [
      'a misspelt kind',
      { ...small, parameters: { seed: { kind: 'normal' } } },
      /parameters\.seed\.kind of small-\d+\.yaml to be one of "uniform", "logUniform", "int", "choice", got "normal"/,
    ],
    [
      'a range that is none',
      { ...small, parameters: { seed: { kind: 'int', min: 3, max: 3 } } },
      /parameters\.seed\.max of small-\d+\.yaml to be above min = 3, got 3; swap the two/,
    ],
    [
      'no trials',
      { ...small, trials: null },
      /Expected trials of .* to be a whole number for the sampler sobol, got null; say how many/,
    ],
    [
      'no objective',
      { experiment: 'spiral', parameters: small.parameters, trials: 3 },
      /Expected objective of .* to be a section/,
    ],
    ['no YAML', 'experiment: [', /to be YAML, but it is not: /],
    [
      'aliases that multiply',
      'a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c '
        + '[*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]',
      /to be YAML, but it is not: Excessive alias count/,
    ],
    [
      'a module that exports nothing',
      'export const sweep = 1;',
      /to export a sweep, .* no default export/,
      'ts',
    ],
    [
      'a module that throws',
      'throw new Error("no");',
      /to be a module that can be loaded, but it is not: no/,
      'ts',
    ],
  ];
  for (const [what, content, sentence, ending] of refused)
    test(`is refused with ${what}`, async () =>
      assert.match(await refusal(readSweepFile(fileOf(content, ending))), sentence));

  test('is refused where there is none', async () =>
    assert.match(await refusal(readSweepFile(join(folder, 'none.yaml'))), /Expected an existing sweep file/));
});

describe('a sweep', () => {
  test(
    "has the file's settings and the command line's, which count more, and the command that makes it "
      + 'again',
    async () => {
      const path = fileOf({ ...small, set: { ...set, seed: 3 } });
      const sweep = await resolveSweep(path, {
        set: ['contrast.updates=40'],
        seed: 7,
        trials: 3,
        fresh: true,
      });
      assert.deepEqual(
        [
          sweep.base.config.contrast.updates,
          sweep.base.config.seed,
          sweep.seed,
          sweep.trials,
          sweep.base.fresh,
        ],
        [40, 3, 7, 3, true],
      );
      assert.match(sweep.id, /^small-\d+-s7-\d{8}-\d{6}-[0-9a-f]{4}$/);
      assert.equal(
        sweep.command,
        `counterflow sweep ${path} --set contrast.updates=40 --seed 7 --fresh --trials 3`,
      );
      assert.match(
        sweep.base.command,
        / run eight-gaussians --set dataset\.trainCount=500 .* --set seed=3 --set contrast\.updates=40 --fresh$/,
      );
    },
  );

  test('has all of a grid, and no more', async () => {
    const grid = {
      sampler: { kind: 'grid' },
      parameters: {
        'contrast.flow.decay': { kind: 'choice', values: ['none', 'cosine'] },
        seed: { kind: 'int', min: 1, max: 3 },
      },
    };
    assert.equal((await resolved({ ...grid, trials: null })).trials, 6);
    assert.equal((await resolved({ ...grid, trials: 4 })).trials, 4);
    assert.match(
      await refusal(resolved({ ...grid, trials: 7 })),
      /Expected at most 6 trials, for so many has the grid of .*, got 7/,
    );
  });

  const refused: readonly (readonly [string, object, RegExp])[] = [
    ['an unknown experiment', { experiment: 'spirals' }, /did you mean spiral/],
    [
      'a misspelt path',
      { parameters: { 'contrast.ebm.learningrate': { kind: 'uniform', min: 0.1, max: 1 } } },
      /Expected parameters of .*yaml to name a path of the configuration, .* did you mean contrast\.ebm\.learningRate\?/,
    ],
    ['a misspelt path of set', { set: { 'contrast.update': 3 } }, /Expected --set to name a path/],
    [
      'a range that leaves what is allowed',
      { parameters: { 'contrast.averaging': { kind: 'uniform', min: 0.9, max: 1 } } },
      /contrast\.averaging \(with contrast\.averaging = 1 from .*\) to be below 1, got 1/,
    ],
    [
      'a choice that is none',
      { parameters: { 'contrast.flow.decay': { kind: 'choice', values: ['cosine', 'slow'] } } },
      /one of "none", "cosine", "linear", got "slow"/,
    ],
    [
      'a seed that TPE would choose',
      {
        sampler: { kind: 'tpe' },
        parameters: { ...small.parameters, seed: { kind: 'int', min: 1, max: 3 } },
      },
      /Expected sampler of .* to be grid, sobol or random with seed among its parameters, got tpe, which would look for lucky seeds: search without the seed, then sweep over seeds/,
    ],
    [
      'seeds that halving would choose',
      {
        halving: { rungs: [0.5] },
        parameters: { ...small.parameters, seed: { kind: 'int', min: 1, max: 3 } },
      },
      /Expected halving of .* to be null with seed among its parameters, got synchronous, which would take lucky seeds further: leave it out, or search/,
    ],
    [
      'a seed that is none',
      { parameters: { seed: { kind: 'uniform', min: 1, max: 3 } }, sampler: { kind: 'grid' }, trials: null },
      /Expected seed \(with seed = 2\.41421 from .*\) to be a whole number, got 2\.41421/,
    ],
    [
      'rungs at one checkpoint',
      { halving: { rungs: [0.15, 0.2] } },
      /to end at different checkpoints, .* make 10; 0\.15 ends at that of 0\.2/,
    ],
    ['a rung at the end', { halving: { rungs: [0.95] } }, /0\.95 ends at that of the whole training/],
    ['rungs beyond the end', { halving: { rungs: [10, 20] } }, /20 ends at that of the whole training/],
  ];
  for (const [what, changes, sentence] of refused)
    test(`is refused with ${what}`, async () => assert.match(await refusal(resolved(changes)), sentence));
});

describe('what a sweep will take', () => {
  const measured = { secondsPerUpdate: 0.5, secondsBeside: 2 };

  test('is the updates of every rung and what each run has beside, so many at once', async () => {
    assert.equal(project(await resolved(), [measured], []).seconds, 3 * (2 + 20 * 0.5));
    const halved = await resolved({ halving: { rungs: [0.5], keep: 0.5 }, trials: 5, pricePerHour: 36 });
    const { seconds, cost, rungs } = project(
      halved,
      [measured, { secondsPerUpdate: 1.5, secondsBeside: 4 }],
      [],
    );
    assert.deepEqual([rungs, seconds, cost], [[5, 2], 3 * (3 + 10) + 1 * (3 + 10), 0.52]);
    const load = {
      cores: 2,
      threads: 1,
      othersBusy: 1.26,
      stolen: 0,
      loadAverage: 1,
      runs: ['a-run'],
      beside: true,
    };
    assert.deepEqual(projectionLines(halved, project(halved, [measured], [], load)).slice(1), [
      'Measured beside others: others kept 1.3 of 2 cores busy; a-run was under way. Alone it takes '
        + 'less time; measure again when they have ended.',
    ]);
    assert.equal(projectionLines(halved, project(halved, [measured], [])).length, 1);
    assert.equal(
      projectionLine(halved, project(halved, [measured], ['nceMatched'])),
      'Projected: about 28 s, 0.28 at 36 an hour (5, then 2 trials, 2 at once; 500 ms an update and '
        + '2 s beside, measured on first updates). Not counted: nceMatched, which each trial trains too.',
    );
  });

  test('is measured on the time of the stages, without those that trials share', () => {
    const trainings = { contrast: { updates: 10, updateSeconds: 5 } } as unknown as Parameters<
      typeof measuredIn
    >[0]['trainings'];
    assert.deepEqual(
      measuredIn({
        trainings,
        timings: { setupS: 9, totalS: 99, prepareS: 7, contrastS: 6, exportS: 1, evaluateS: 2, reportS: 0.5 },
      }),
      { secondsPerUpdate: 0.5, secondsBeside: 4.5 },
    );
    assert.equal(measuredIn({ trainings: {}, timings: {} }), null);
  });

  test(
    'has a pretraining that was found but other trials have to compute, as it was measured then, and '
      + 'says so',
    async () => {
      const swept = (...paths: string[]): ReturnType<typeof ownTrainings> =>
        ownTrainings({
          parameters: Object.fromEntries(paths.map((path) => [path, { kind: 'choice', values: [1] }])),
        });
      assert.deepEqual(
        ['models.flow.width', 'pretrain.updates', 'pretrain'].map((path) => swept(path)),
        Array.from({ length: 3 }, () => ['pretrain', 'control']),
      );
      assert.deepEqual(
        [swept('seed'), swept('contrast.ebm.learningRate'), swept('evaluation.samples')],
        [['features', 'pretrain', 'control'], ['control'], []],
      );
      const trainings = {
        pretrain: { updates: 40, updateSeconds: 140 },
        contrast: { updates: 10, updateSeconds: 5 },
      } as unknown as Parameters<typeof measuredIn>[0]['trainings'];
      const probed = (pretrainS: number, ...reused: boolean[]): Parameters<typeof measuredIn>[0] => ({
        trainings,
        timings: { setupS: 0, totalS: 99, prepareS: 7, pretrainS, contrastS: 6, exportS: 8 },
        steps: reused.map((one, i) => ({
          name: `pretrain ${10 * i}-${[10, 40][i]}`,
          key: '',
          reused: one,
          reason: '',
          seconds: 0,
        })),
      });
      assert.deepEqual(measuredIn(probed(140, false, false), ['pretrain']), {
        secondsPerUpdate: 0.5,
        secondsBeside: 149,
      });
      const again = measuredIn(probed(0.4, true, true), ['pretrain'])!;
      assert.deepEqual(again, { secondsPerUpdate: 0.5, secondsBeside: 149.4, secondsEarlier: 140 });
      assert.deepEqual(
        measuredIn(probed(105, true, false), ['pretrain']),
        { secondsPerUpdate: 0.5, secondsBeside: 149, secondsEarlier: 35 },
        'a quarter of its updates was found',
      );
      assert.deepEqual(
        measuredIn(probed(0.4, true, true)),
        { secondsPerUpdate: 0.5, secondsBeside: 9.4 },
        'all trials find it',
      );
      const sweep = await resolved();
      assert.match(
        projectionLine(sweep, project(sweep, [again], [])),
        /149\.4 s beside, .*\. Of these 149\.4 s 140 were measured at another time, when trainings were computed that are found now but not by other trials\.$/,
      );
    },
  );

  test('is measured on trials that wait for no other, after as many that warm up', async () => {
    const counts = async (changes: object): Promise<number[]> =>
      probesOf(await resolved(changes)).map((batch) => batch.length);
    assert.deepEqual(await counts({}), [2, 2]);
    assert.deepEqual(await counts({ trials: 3 }), [2]);
    assert.deepEqual(await counts({ sampler: { kind: 'tpe', startup: 2, window: 1 } }), [2]);
    const [first] = probesOf(await resolved());
    assert.deepEqual(
      first!.map(({ until }) => until),
      [1, 1],
    );
  });

  test('is shown round by round, with how many of its runs have ended and what the others are at', () => {
    const step = {
      name: 'contrast',
      phase: 'recording',
      count: null,
      perSecond: null,
      metrics: {},
      attempt: 1,
      failure: null,
    } as const;
    const { stage, steps } = probeView({ what: 'measuring', number: 2, of: 2 }, [
      null,
      { stage: 'contrast', steps: [step] },
      { stage: null, steps: [] },
    ]);
    assert.equal(stage, 'first updates, measuring, 2 of 2');
    assert.deepEqual(
      steps.map(({ name, phase, count }) => [name, phase, count]),
      [
        ['trials', 'step', { done: 1, total: 3 }],
        ['run 2', 'recording', null],
        ['run 3', 'waiting', null],
      ],
    );
  });

  test('is measured without baselines, but for one that it is judged by', async () => {
    const alone = async (metric: string) =>
      probesOf(
        await resolved({ set: { ...set, 'baselines.nceMatched': longBaseline }, objective: { metric } }),
      )[0]!.map(({ withoutBaselines }) => withoutBaselines);
    assert.deepEqual(await alone('mse.ebmFce'), [true, true]);
    assert.deepEqual(await alone('mse.ebmNceMatched'), [undefined, undefined]);
  });
});

describe("a sweep's table", () => {
  test('names settings by as much of their paths as tells them apart', () => {
    assert.deepEqual(
      shortNames([
        'contrast.ebm.learningRate',
        'contrast.flow.learningRate',
        'contrast.lambda',
        'seed',
        'models.seed',
      ]),
      ['ebm.learningRate', 'flow.learningRate', 'lambda', 'seed', 'models.seed'],
    );
  });

  test('has the trials that went furthest first, then the best, and those that failed last', async () => {
    const sweep = await resolved({ halving: { rungs: [0.5], keep: 0.5 } });
    let record: SweepRecord = begunSweep(sweep, { address: null });
    const ended = (trial: number, rung: number, value: number | null): void => {
      const { values, request } = trialRequest(sweep, { trial, rung }, record.trials, 'now');
      const result: RungResult = {
        rung,
        until: request.until ?? null,
        status: value === null ? 'failed' : 'completed',
        value,
        failure: value === null ? { type: 'GaveUp', message: '' } : null,
        seconds: 65,
        finishedAt: '',
      };
      record = withResult(record, { trial, runId: request.runId, values }, result, request.command);
    };
    for (const [trial, value] of [0.4, 0.3, null, 0.1].entries()) ended(trial, 0, value);
    ended(1, 1, 0.2);
    const lines = sweepLines(record, false, 3, colorsFor({}));
    const rows = lines.filter((line) => /^ +\d /.test(line)).map((line) => line.trim().split(/ {2,}/));
    assert.deepEqual(
      rows.map(([trial, , , half, all, time]) => [trial, half, all, time]),
      [
        ['1', '0.3', '0.2', '2 min 10 s'],
        ['3', '0.1', '-', '1 min 05 s'],
        ['0', '0.4', '-', '1 min 05 s'],
      ],
    );
    assert.ok(lines.some((line) => /and 1 more; --all shows them/.test(line)));
    assert.match(lines.join('\n'), /4 of 6, 1 failed, sobol, seed 1, 2 at once/);
    assert.match(
      lines.join('\n'),
      new RegExp(
        `Best: trial 1, mse\\.ebmFce 0\\.2\n {2}.*--set `
          + `contrast\\.ebm\\.learningRate=${String(record.trials[1]!.values['contrast.ebm.learningRate'])} `,
      ),
    );
  });

  test('says why trials failed, and what does them again once it has ended', async () => {
    const sweep = await resolved();
    const begun = begunSweep(sweep, { address: null });
    const result: RungResult = {
      rung: 0,
      until: null,
      status: 'failed',
      value: null,
      failure: { type: 'GaveUp', message: 'contrast gave up.\nAt length.' },
      seconds: 65,
      finishedAt: '',
    };
    const { values, request } = trialRequest(sweep, { trial: 0, rung: 0 }, [], 'now');
    const record = withResult(begun, { trial: 0, runId: request.runId, values }, result, request.command);
    const text = (status: SweepRecord['status']): string =>
      sweepLines({ ...record, status }, false, 3, colorsFor({})).join('\n');
    assert.ok(
      text('completed').includes(
        `\nFailed\n  trial 0: contrast gave up. \`counterflow show ${request.runId}\` has its `
          + `record.\n  \`counterflow sweep resume ${sweep.id} --failed\` does them again.`,
      ),
    );
    assert.match(text('running'), /trial 0: contrast gave up\./);
    assert.doesNotMatch(text('running'), /--failed/, 'it is refused while the sweep goes on');
    assert.doesNotMatch(sweepLines(begun, false, 3, colorsFor({})).join('\n'), /Failed/);
  });

  test('that was changed by hand is refused', async () => {
    const sweep = await resolved();
    const out = join(folder, 'changed');
    mkdirSync(join(out, sweep.id), { recursive: true });
    writeFileSync(
      join(out, sweep.id, 'sweep.json'),
      sweepText(begunSweep(sweep, { address: null })).replace('"trials": 6', '"trials": 7'),
    );
    await assert.rejects(
      findSweep(out, 'latest'),
      /as it was written, but its content does not match the hash it carries/,
    );
  });
});

describe('a sweep on a real server', { skip: noTemporal, concurrency: false, timeout: 850_000 }, () => {
  const out = join(folder, 'runs');
  const sweep = (...args: string[]) => run(['sweep', ...args, '--out', out]);
  const path = fileOf({ ...small, name: 'real', halving: { rungs: [0.3], keep: 0.5 } });
  const recordOf = async (name: string): Promise<SweepRecord> =>
    JSON.parse((await sweep('show', name, '--json')).stdout) as SweepRecord;

  test('says how long it will take, and comes to its end though its worker is killed', async () => {
    const running = start(['sweep', path, '--out', out]);
    const ended = (): number =>
      readdirSync(out, { withFileTypes: true }).filter(
        (entry) => entry.isDirectory() && /-[0-9a-f]{12}$/.test(entry.name),
      ).length;
    while (!processesWith(['worker/main.ts', `--out ${out} `]).length || ended() < 5) await sleep(50);
    for (const worker of processesWith(['worker/main.ts', `--out ${out} `])) process.kill(worker, 'SIGKILL');
    const { code, stdout, stderr } = await running.ended;
    assert.equal(code, 0, `${stdout}\n${stderr}`);
    assert.match(
      stdout,
      /^Projected: about .* \(6, then 3 trials, 2 at once; .* ms an update and .* s beside, measured on first updates\)\.$/m,
    );
    assert.match(stdout, /^\[.*\] first updates, warming up, 1 of 2 \| trials {2}[012]\/2 /m);
    assert.match(stdout, /^\[.*\] first updates, measuring, 2 of 2 \| trials {2}[012]\/2/m);
    assert.match(stdout, /^Measured (beside others|with nothing beside it): /m);
    assert.match(stdout, /The worker died/);
    assert.match(stdout, /^Best: trial \d, mse\.ebmFce /m);
    const { status, trials, best } = await recordOf('latest');
    assert.deepEqual(
      [status, trials.map(({ rungs }) => rungs.length).sort(), best!.rung],
      ['completed', [1, 1, 1, 2, 2, 2], 1],
    );
    for (const { runId, rungs } of trials) {
      const { until, trainings } = JSON.parse(readFileSync(join(out, runId, 'run.json'), 'utf8')) as {
        until?: number;
        trainings: { contrast: { updates: number } };
      };
      assert.deepEqual(
        [until ?? null, trainings.contrast.updates],
        rungs.length === 1 ? [6, 6] : [null, 20],
        runId,
      );
    }
  });

  test('is listed, is no run, and has nothing left to do', async () => {
    const [summary] = JSON.parse((await sweep('list', '--json')).stdout) as Record<string, unknown>[];
    const {
      sweep: { id },
      best,
    } = await recordOf('latest');
    assert.deepEqual(
      { ...summary, startedAt: '' },
      {
        id,
        experiment: 'eight-gaussians',
        status: 'completed',
        trials: 6,
        ended: 6,
        best: { trial: best!.trial, value: best!.value },
        startedAt: '',
      },
    );
    const runs = JSON.parse((await run(['list', '--json', '--out', out])).stdout) as { id: string }[];
    assert.deepEqual(
      runs.map((one) => one.id.startsWith(`${id}-`)),
      Array.from({ length: 6 }, () => true),
    );
    assert.match((await sweep('resume', 'latest')).stdout, /completed/);
  });

  test('tells programs how it goes on, one JSON object a line, and how long another would take', async () => {
    const {
      sweep: { id },
    } = await recordOf('latest');
    const of = ({ stdout }: { readonly stdout: string }): SweepEvent[] =>
      stdout
        .trim()
        .split('\n')
        .map((line) => sweepEventSchema.parse(JSON.parse(line)));
    const end = of(await sweep('resume', 'latest', '--json')).at(-1)!;
    assert(end.event === 'ended');
    assert.deepEqual(
      [end.sweep, end.status, end.trials, end.failed, end.best!.value],
      [id, 'completed', 6, 0, (await recordOf('latest')).best!.value],
    );
    const events = of(await sweep(path, '--json', '--trials', '1', '--no-probe'));
    assert.deepEqual([events[0]!.event, events.at(-1)!.event], ['begun', 'ended']);
    assert.ok(events.some((event) => event.event === 'progress' && event.steps.length > 0));
    assert.equal(new Set(events.map((event) => event.sweep)).size, 1);
    const before = readdirSync(out).sort();
    const { code, stdout, stderr } = await sweep(
      path,
      '--estimate',
      '--json',
      '--set',
      `baselines.nceMatched=${JSON.stringify(longBaseline)}`,
    );
    const projection = JSON.parse(stdout) as Projection;
    assert.deepEqual(
      [code, projection.rungs, projection.seconds > 0, projection.without],
      [0, [6, 3], true, ['nceMatched']],
      stderr,
    );
    assert.match(stderr, /^\[.*\] first updates, warming up, 1 of 2 \| trials {2}/m);
    assert.match(stderr, /^\[.*\] first updates, measuring what was found, 3 of 3 \| trials {2}/m);
    assert.ok(projection.measured.secondsBeside > 0, 'what is found took no time now, and is measured anew');
    const { projected } = await recordOf(id);
    assert.notEqual(
      projection.measured.secondsPerUpdate,
      projected!.measured.secondsPerUpdate,
      'seconds of another time are not remembered',
    );
    for (const { load } of [projection, projected!])
      assert.deepEqual([load!.cores, load!.threads, load!.runs], [availableParallelism(), 1, []]);
    assert.deepEqual(readdirSync(out).sort(), before, 'an estimate leaves neither sweep nor runs');
  });

  test('is refused before anything is started where no result has the name of its objective', async () => {
    const before = readdirSync(out).sort();
    const { code, stdout, stderr } = await sweep(
      fileOf({ ...small, objective: { metric: 'mse.ebm' }, trials: 2 }),
      '--json',
    );
    assert.equal(code, exitCodes.badInput, stderr);
    assert.match(stderr, /^\[.*\] first updates, measuring, 1 of 1 \| trials {2}/m);
    assert.doesNotMatch(stdout, /first updates/);
    const end = sweepEventSchema.parse(JSON.parse(stdout.trim().split('\n').at(-1)!));
    assert(
      end.event === 'ended'
        && end.status === 'failed'
        && end.best === null
        && end.failure!.exitCode === code
        && stderr.includes(end.failure!.sentence),
    );
    assert.match(
      stderr,
      /Expected objective\.metric to be a result of a run \(.*mse\.ebmFce.*\), got "mse\.ebm"/,
    );
    assert.equal((JSON.parse((await sweep('list', '--json')).stdout) as unknown[]).length, 2);
    assert.deepEqual(readdirSync(out).sort(), before, 'nor are there runs of it');
  });
});
