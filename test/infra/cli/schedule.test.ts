/** Schedules on a real server, made by the command line as a process; the small run of eight Gaussians is
 *  what they run. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseHTML } from 'linkedom';
import type { RunRecord } from '../../../activities/record/run-record.ts';
import type { SweepRecord } from '../../../activities/sweep/contracts.ts';
import { exitCodes } from '../../../infra/base/exit-codes.ts';
import { readRecord, readRequest } from '../../../infra/client/records/run-records.ts';
import { resolveSweep } from '../../../infra/client/sweeps/resolve-sweep.ts';
import { listSweeps } from '../../../infra/client/records/sweep-records.ts';
import type { ScheduleDetails, ScheduleView } from '../../../infra/client/schedules/schedule-view.ts';
import { collectCron } from '../../../infra/client/schedules/cron.ts';
import {
  readDuration,
  readMoment,
  readTimeZone,
  scheduleSpec,
  timesText,
} from '../../../infra/client/schedules/times.ts';
import { startUi } from '../../../infra/ui/start-ui.ts';
import { sweepDueAt } from '../../../workflows/schedule/scheduled-sweep.ts';
import { runDueAt, type FiringOutcome } from '../../../workflows/schedule/scheduled-run.ts';
import { run, type Ended } from '../../support/command-line.ts';
import { smallRequest, smallSettings } from '../../support/faults/small-run.ts';
import { Workshop } from '../../support/faults/workshop.ts';
import { temporaryFolder } from '../../support/folders.ts';

describe('times of a schedule', () => {
  test('are cron expressions in a time zone, or an interval', () => {
    assert.deepEqual(scheduleSpec({ cron: ['0 3 * * *'], timeZone: 'Europe/Berlin' }), {
      cronExpressions: ['0 3 * * *'],
      timezone: 'Europe/Berlin',
    });
    assert.deepEqual(scheduleSpec({ every: 90_000, timeZone: 'UTC' }), {
      intervals: [{ every: 90_000 }],
      timezone: 'UTC',
    });
    assert.equal(timesText({ cron: ['0 3 * * *'], timeZone: 'Europe/Berlin' }), '0 3 * * *, Europe/Berlin');
    assert.deepEqual(
      [7 * 86_400_000, 90 * 60_000, 36 * 3_600_000, 2500].map((every) =>
        timesText({ every, timeZone: 'UTC' }),
      ),
      ['every 7 d', 'every 90 min', 'every 36 h', 'every 2500 ms'],
    );
  });

  test('are refused where there are none, or two kinds', () => {
    assert.throws(
      () => scheduleSpec({ timeZone: 'UTC' }),
      /Expected --cron '0 3 \* \* \*' or --every 6h, got neither/,
    );
    assert.throws(() => scheduleSpec({ cron: ['@daily'], every: 1000, timeZone: 'UTC' }), /got both/);
  });

  test('a duration has a unit and is a second at least', () => {
    assert.deepEqual(
      ['90s', '30m', '6h', '2d', '1 week'].map(readDuration),
      [90_000, 1_800_000, 21_600_000, 172_800_000, 604_800_000],
    );
    for (const bad of ['90', '0s', '100ms', '-5m', 'soon', ''])
      assert.throws(() => readDuration(bad), /at least a second/, bad);
  });

  test('a moment without a zone is UTC, a date its first moment', () => {
    assert.deepEqual(
      ['2026-11-01', '2026-11-01T03:00', '2026-11-01T03:00:30Z', '2026-11-01T03:00+01:00'].map((text) =>
        readMoment(text).toISOString(),
      ),
      [
        '2026-11-01T00:00:00.000Z',
        '2026-11-01T03:00:00.000Z',
        '2026-11-01T03:00:30.000Z',
        '2026-11-01T02:00:00.000Z',
      ],
    );
    for (const bad of ['yesterday', '2026-13-01', '1.11.2026', '2026-11-01T25:00'])
      assert.throws(() => readMoment(bad), /a date or a moment/, bad);
  });

  test('a cron expression that would mean something else than in a crontab is refused', () => {
    for (const good of [
      '0 3 * * *',
      '*/15 0-6/2 1,15 * *',
      '0 3 * * mon-fri',
      '0 3 */2 * 1',
      '0 3 1 1-6 */2',
      '@daily',
      ' 0  3 * * 7 ',
    ])
      assert.deepEqual(collectCron(good, ['x']), ['x', good.trim()]);
    const refusals: readonly (readonly [string, RegExp])[] = [
      [
        '0 3 1 * 1',
        /wants both days to match, where a crontab wants one of them; got 1 as the day of the month and 1 as that of the week\. Give two/,
      ],
      ['0 3 1-31 * 1', /got 1-31 as the day of the month/],
      [
        '0 3 * * 1#2',
        /what follows a # is a comment to the server, so that 1#2 is each Monday and not the second/,
      ],
      ['0 3 * * * # nightly', /Leave it out/],
      ['0 0 3 * * *', /got 6: "0 0 3 \* \* \*"\. There are no seconds before them and no year behind them/],
      ['0 3 * * * 2027', /got 6/],
      ['0 0 3 * * * 2027', /got 7/],
      ['0 3 * *', /got 4: "0 3 \* \*"\.$/],
      ['5/15 * * * *', /a step stands behind \* or a range, as in 5-59\/15, .* got "5\/15" as the minute/],
      ['0 3 ? * 1', /the day of the month is \*, a value, a range or a list/],
      ['0 3 * * 5L,', /the day of the week is/],
      ['@every 6h', /intervals are given as --every 6h/],
      ['@reboot', /shorthands are @hourly, @daily/],
      ['TZ=UTC 0 3 * * *', /its time zone is given as --time-zone/],
      ['CRON_TZ=Asia/Tokyo 0 3 * * *', /--time-zone/],
    ];
    for (const [bad, sentence] of refusals) assert.throws(() => collectCron(bad), sentence, bad);
  });

  test('a time zone is one that is known', () => {
    assert.equal(readTimeZone('Europe/Berlin'), 'Europe/Berlin');
    assert.throws(() => readTimeZone('Europe/Bielefeld'), /IANA time zone/);
  });
});

test('a run of a schedule is named by the time it was due, which is its seed where each has its own', () => {
  const due = new Date('2026-11-27T03:00:00Z');
  const request = { ...smallRequest('nightly'), command: 'counterflow run eight-gaussians' };
  const { runId, config, command } = runDueAt(due, request, true);
  assert.deepEqual(
    [runId, config.seed, command],
    ['nightly-20261127-030000', 1_795_748_400, 'counterflow run eight-gaussians --seed 1795748400'],
  );
  assert.deepEqual(runDueAt(due, request, false).config, request.config);
});

const sweepFile = join(temporaryFolder('scheduled-sweep'), 'rates.yaml');
const values = smallSettings
  .map((setting) => setting.split('=') as [string, string])
  .map(([path, value]) => [path, JSON.parse(value)] as const);
writeFileSync(
  sweepFile,
  JSON.stringify({
    experiment: 'eight-gaussians',
    set: Object.fromEntries(values),
    trials: 2,
    concurrent: 2,
    sampler: { kind: 'random' },
    objective: { metric: 'mse.ebmFce' },
    parameters: { 'contrast.ebm.learningRate': { kind: 'logUniform', min: 1e-3, max: 1e-2 } },
  }),
);

test(
  'a sweep of a schedule is named by the time it was due, which is the seed of sampler and runs '
    + 'where each has its own',
  async () => {
    const due = new Date('2026-11-27T03:00:00Z');
    const asked = { ...(await resolveSweep(sweepFile, {})), id: 'weekly' };
    const { id, seed, base, command } = sweepDueAt(due, asked, true);
    assert.deepEqual(
      [id, base.runId, seed, base.config.seed],
      ['weekly-20261127-030000', 'weekly-20261127-030000', 1_795_748_400, 1_795_748_400],
    );
    assert.match(command, / sweep .*rates\.yaml --seed 1795748400 --set seed=1795748400$/);
    assert.match(base.command, / --set seed=1795748400$/);
    const same = sweepDueAt(due, asked, false);
    assert.deepEqual(
      [same.id, same.seed, same.base.config],
      ['weekly-20261127-030000', asked.seed, asked.base.config],
    );
  },
);

/** Every file below a folder: name, SHA-256 and when it was written. Histories are left out: the worker
 *  exports them after a run's end. */
function contentOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.endsWith('/history'))
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return (
        `${path} ${createHash('sha256').update(readFileSync(path)).digest('hex')} `
        + `${statSync(path).mtimeMs}`
      );
    })
    .sort();
}

describe('schedules', { concurrency: false, timeout: 850_000 }, () => {
  const out = join(temporaryFolder('schedule'), 'runs');
  let workshop: Workshop;
  before(async () => {
    workshop = await Workshop.open(out);
  });
  after(() => workshop.close());

  const schedule = (...args: string[]) => run(['schedule', ...args, '--out', out]);
  const settings = smallSettings.flatMap((setting) => ['--set', setting]);
  const details = async (name: string): Promise<ScheduleDetails> =>
    JSON.parse((await schedule('show', name, '--json')).stdout) as ScheduleDetails;
  const done = ({ code, stderr }: Ended) => assert.equal(code, exitCodes.ok, stderr);
  /** Of the second execution under that id, which is waited for. */
  const secondResult = async (id: string): Promise<FiringOutcome> => {
    for (;;) {
      const executions: string[] = [];
      for await (const { runId } of workshop.client.workflow.list({ query: `WorkflowId = '${id}'` }))
        executions.push(runId);
      if (executions.length === 2)
        return workshop.client.workflow.getHandle(id, executions[0]).result() as Promise<FiringOutcome>;
      await sleep(200);
    }
  };
  const untilCompleted = async (name: string, count: number): Promise<RunRecord[]> => {
    for (;;) {
      const { runs } = await details(name);
      const records = await Promise.all(runs.map((fired) => readRecord(out, fired.run)));
      const completed = records.filter((record) => record?.status === 'completed');
      if (completed.length >= count) return completed as RunRecord[];
      await sleep(500);
    }
  };

  test('fire as often as they may, each run with a seed of its own, and then no more', async () => {
    const created = await schedule(
      'create',
      'often',
      'eight-gaussians',
      '--every',
      '2s',
      '--limit',
      '2',
      '--overlap',
      'buffer-one',
      '--new-seeds',
      ...settings,
    );
    done(created);
    assert.match(
      created.stdout,
      /^often is scheduled\.\n[^]* next +\d{4}-[^]*, \S+\n +seeds +each its own[^]* overlap +buffer-one\n +catch-up +1 d\n +on failure +pause\n +left +2\n/,
    );
    const [one, other] = await untilCompleted('often', 2);
    assert.notEqual(one!.seed, other!.seed);
    assert.notDeepEqual(one!.weightsSha256, other!.weightsSha256);
    assert.match(one!.command, new RegExp(` --seed ${one!.seed}$`));
    const { left, taken, next, newSeeds, overlap, catchUpSeconds, pausesOnFailure } = await details('often');
    assert.deepEqual(
      { left, taken, next, newSeeds, overlap, catchUpSeconds, pausesOnFailure },
      {
        left: 0,
        taken: 2,
        next: [],
        newSeeds: true,
        overlap: 'buffer-one',
        catchUpSeconds: 86_400,
        pausesOnFailure: true,
      },
    );
    assert.match(
      (await schedule('show', 'often')).stdout,
      /\n +state +used up: it has fired as often as it was to\n +next +never\n/,
    );
    assert.equal(
      (await readRequest(out, one!.id))!.request.config.seed,
      one!.seed,
      'what it was asked for is kept, for resume',
    );
  });

  test('of sweeps fire as often as they may, each a sweep of its own with other trials', async () => {
    done(
      await schedule(
        'create',
        'weekly',
        '--sweep',
        sweepFile,
        '--every',
        '2s',
        '--limit',
        '2',
        '--overlap',
        'buffer-one',
        '--new-seeds',
      ),
    );
    const completed = async (): Promise<SweepRecord[]> =>
      (await listSweeps(out)).filter(({ status }) => status === 'completed');
    while ((await completed()).length < 2) await sleep(500);
    const sweeps = await completed();
    const { runs, sweep, experiment, command, left } = await details('weekly');
    assert.deepEqual(sweeps.map(({ sweep: { id } }) => id).sort(), runs.map(({ run: id }) => id).sort());
    assert.deepEqual([sweep, experiment, left], ['rates', 'eight-gaussians', 0]);
    assert.match(command, / sweep .*rates\.yaml$/);
    assert.equal(
      new Set(
        sweeps.flatMap(({ trials }) =>
          trials.map(({ values: { 'contrast.ebm.learningRate': rate } }) => rate),
        ),
      ).size,
      4,
      'the same trials again',
    );
    for (const { trials, best } of sweeps) {
      assert.equal(best!.value, Math.min(...trials.map(({ rungs }) => rungs[0]!.value!)));
      assert.equal((await readRecord(out, best!.runId))!.status, 'completed');
    }
  });

  test('that are paused fire when triggered, and at the set times after `unpause`', async () => {
    done(
      await schedule(
        'create',
        'rare',
        'eight-gaussians',
        '--cron',
        '0 3 1 1 *',
        '--time-zone',
        'Europe/Berlin',
        '--paused',
        ...settings,
      ),
    );
    const { run: id, ...triggered } = JSON.parse((await schedule('trigger', 'rare', '--json')).stdout) as {
      readonly run: string;
    };
    assert.deepEqual(triggered, { schedule: 'rare', done: 'triggered', what: 'begun' });
    assert.deepEqual(
      (await untilCompleted('rare', 1)).map((record) => record.id),
      [id],
    );
    assert.equal((await details('rare')).paused, true);
    done(await schedule('unpause', 'rare'));
    done(await schedule('pause', 'rare', '--note', 'enough'));
    const { paused, note, next } = await details('rare');
    assert.deepEqual({ paused, note }, { paused: true, note: 'enough' });
    assert.match(next[0]!, /-01-01T02:00:00.000Z$/);
  });

  test('fire for times of the past', async () => {
    done(await schedule('backfill', 'rare', '--from', '2024-12-31', '--to', '2026-01-02'));
    const due = (await untilCompleted('rare', 3)).map(({ id }) => id).slice(-2);
    assert.deepEqual(due, ['rare-20250101-020000', 'rare-20260101-020000']);
  });

  test('find what they ran before, and leave it as it is', async () => {
    const ids = ['rare-20250101-020000', 'rare-20260101-020000'];
    const before = ids.map((id) => contentOf(join(out, id)));
    const { code, stdout, stderr } = await schedule(
      'backfill',
      'rare',
      '--from',
      '2024-12-31',
      '--to',
      '2026-01-02',
    );
    assert.equal(code, exitCodes.ok, stderr);
    assert.match(
      stdout,
      /^rare fires for 2 times from 2024-12-31T00:00:00\.000Z to 2026-01-02T00:00:00\.000Z\.\n2 of them were completed before and stay as they are: rare-20250101-020000, rare-20260101-020000\.\n$/,
    );
    const found = await Promise.all(
      ['rare-2025-01-01T02:00:00Z', 'rare-2026-01-01T02:00:00Z'].map((id) => secondResult(id)),
    );
    assert.deepEqual(
      found.map(({ runId }) => runId),
      ids,
    );
    for (const { found: sentence, results, runId } of found) {
      assert.match(sentence!, /was completed before; nothing was computed or written/);
      assert.equal(typeof results['mse.ebmFce'], 'number', runId);
    }
    assert.deepEqual(
      ids.map((id) => contentOf(join(out, id))),
      before,
    );
    assert.equal((await run(['verify', ids[0]!, '--out', out])).code, exitCodes.ok);
  });

  test('are on the page of the runs, with links to what they started', async () => {
    const ui = await startUi(out, {}, 0);
    try {
      const { document } = parseHTML(await (await fetch(ui.url)).text());
      const rowOf = (name: string) =>
        [...document.querySelectorAll('tbody tr')].find(
          (row) => row.querySelector('th')!.textContent === name,
        )!;
      const [often, weekly] = [rowOf('often'), rowOf('weekly')];
      assert.deepEqual(
        [...often.querySelectorAll('td')].slice(0, 2).map(({ textContent }) => textContent),
        ['eight-gaussians', 'every 2 s'],
      );
      assert.match(often.querySelector('a')!.getAttribute('href')!, /^\/runs\/often-\d{8}-\d{6}$/);
      assert.equal(weekly.querySelector('td')!.textContent, 'eight-gaussians, sweep rates');
      assert.match(weekly.querySelector('a')!.getAttribute('href')!, /^\/sweeps\/weekly-\d{8}-\d{6}$/);
    } finally {
      await ui.close();
    }
  });

  test('are listed, and deleted without their runs', async () => {
    const views = JSON.parse((await schedule('list', '--json')).stdout) as ScheduleView[];
    assert.deepEqual(
      views.map(({ name, experiment, sweep, times }) => [name, experiment, sweep, times]),
      [
        ['often', 'eight-gaussians', null, 'every 2 s'],
        ['rare', 'eight-gaussians', null, '0 3 1 1 *, Europe/Berlin'],
        ['weekly', 'eight-gaussians', 'rates', 'every 2 s'],
      ],
    );
    assert.match(
      (await schedule('list')).stdout,
      /^weekly +eight-gaussians, sweep rates +every 2 s +never +weekly-/m,
    );
    done(await schedule('delete', 'often'));
    const { code, stderr } = await schedule('show', 'often');
    assert.equal(code, exitCodes.badInput);
    assert.match(
      stderr,
      /Expected the name of a schedule, got "often"; `counterflow schedule list` lists them\./,
    );
    assert.match((await schedule('show', 'weakly')).stderr, /got "weakly"; did you mean weekly\?/);
    assert.ok(existsSync(join(out, views[0]!.runs[0]!.run, 'report.html')));
  });

  test('are refused with one sentence where they cannot be', async () => {
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [
        ['create', 'rare', 'eight-gaussians', '--every', '6h'],
        /Expected a name that no schedule has, got "rare"/,
      ],
      [['create', 'a/b', 'eight-gaussians', '--every', '6h'], /Expected a name of letters, .* got "a\/b"/],
      [['create', 'new', 'eight-gausians', '--every', '6h'], /did you mean eight-gaussians/],
      [
        ['create', 'new', 'eight-gaussians', '--cron', '0 3 x * *'],
        /Expected times that the server understands, got "0 3 x \* \*, .*": DayOfMonth/,
      ],
      [
        ['create', 'new', 'eight-gaussians', '--every', '6h', '--seed', '1', '--new-seeds'],
        /Expected --seed or --new-seeds, got both/,
      ],
      [
        ['create', 'new', '--every', '6h'],
        /Expected an experiment, or --sweep with a sweep file, got neither/,
      ],
      [
        ['create', 'new', 'spiral', '--sweep', sweepFile, '--every', '6h'],
        /Expected an experiment or --sweep, got both: "spiral"/,
      ],
      [
        ['create', 'new', 'spiral', '--trials', '3', '--every', '6h'],
        /Expected --trials with --sweep, got it with the experiment "spiral"/,
      ],
      [
        ['create', 'new', '--sweep', 'none.yaml', '--every', '6h'],
        /Expected an existing sweep file, got "none\.yaml"/,
      ],
      [
        ['create', 'new', 'eight-gaussians', '--every', '6h', '--overlap', 'allow-all'],
        /Expected --on-failure go-on with --overlap allow-all, under which the server pauses no schedule when a run fails, got pause/,
      ],
      [
        ['create', 'new', 'eight-gaussians', '--cron', '0 3 1 * 1'],
        /both days to match, where a crontab wants one of them; got 1 as the day of the month and 1 as that of the week\. Give two, --cron '\.\.\. 1 \* \*' and/,
      ],
      [['backfill', 'rare', '--from', '2026-01-02', '--to', '2026-01-01'], /Expected --from before --to/],
    ];
    for (const [args, sentence] of cases) {
      const { code, stderr } = await schedule(...args);
      assert.equal(code, exitCodes.badInput, stderr);
      assert.match(stderr, sentence);
    }
  });
});
