/** Firings that are asked for, as the command line tells of them: on a real server, where nobody works on
 *  what they begin. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { msNumberToTs, tsToMs } from '@temporalio/common/lib/time.js';
import { exitCodes } from '../../../infra/base/exit-codes.ts';
import { collectCron } from '../../../infra/client/schedules/cron.ts';
import type { ScheduleDetails } from '../../../infra/client/schedules/schedule-view.ts';
import { ensureServer, stopServer } from '../../../infra/temporal/dev-server.ts';
import { run, type Ended } from '../../support/command-line.ts';
import { smallSettings } from '../../support/faults/small-run.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { noTemporal } from '../../support/temporal.ts';

describe('a schedule', { skip: noTemporal, concurrency: false, timeout: 500_000 }, () => {
  const out = join(temporaryFolder('firings'), 'runs');
  let client: Client;
  before(async () => {
    const { address } = await ensureServer({ out });
    client = new Client({ connection: await Connection.connect({ address }) });
  });
  after(async () => {
    await (client.connection as Connection).close();
    await stopServer(out);
  });

  const schedule = (...args: string[]) => run(['schedule', ...args, '--out', out]);
  const settings = smallSettings.flatMap((setting) => ['--set', setting]);
  const details = async (name: string): Promise<ScheduleDetails> =>
    JSON.parse((await schedule('show', name, '--json')).stdout) as ScheduleDetails;
  const done = ({ code, stderr }: Ended) => assert.equal(code, exitCodes.ok, stderr);
  const unattended = {
    type: 'startWorkflow',
    workflowType: 'scheduled',
    taskQueue: 'nobody-works-here',
    args: [],
  } as const;
  const made = (scheduleId: string, spec: object) =>
    client.schedule.create({
      scheduleId,
      spec,
      state: { paused: true },
      memo: { counterflow: { experiment: 'none', times: '', command: '' } },
      action: { ...unattended, workflowId: scheduleId },
    });

  test('triggered twice within a second has two runs', async () => {
    done(
      await schedule('create', 'twice', 'eight-gaussians', '--cron', '0 3 1 1 *', '--paused', ...settings),
    );
    const both = await Promise.all([
      schedule('trigger', 'twice', '--overlap', 'allow-all'),
      schedule('trigger', 'twice', '--overlap', 'allow-all'),
    ]);
    const ids = both.map(
      ({ stdout }) =>
        /^twice fires now: (twice-\d{8}-\d{6})\.\nWhat fails of that does not pause the schedule/.exec(
          stdout,
        )![1]!,
    );
    assert.notEqual(ids[0], ids[1]);
    assert.deepEqual((await details('twice')).runs.map((fired) => fired.run).sort(), [...ids].sort());
  });

  test('tells of a trigger that waits, and of one that is left out', async () => {
    await made('held', {});
    assert.match((await schedule('trigger', 'held')).stdout, /^held fires now: held-\d{8}-\d{6}\.\n$/);
    assert.equal(
      (await schedule('trigger', 'held', '--overlap', 'skip')).stdout,
      'held did not fire: its last run goes on, and --overlap skip leaves out what is due meanwhile.\n',
    );
    assert.equal((await schedule('trigger', 'held')).stdout, 'held fires when what goes on has ended.\n');
  });

  test('says for how many times it is backfilled, and what was completed before', async () => {
    await made('nightly', { cronExpressions: ['0 3 * * *'], timezone: 'UTC' });
    for (const [day, status] of [
      ['02', 'completed'],
      ['03', 'failed'],
      ['04', 'completed'],
    ] as const) {
      const folder = join(out, `nightly-202601${day}-030000`);
      mkdirSync(folder, { recursive: true });
      if (day === '04') writeFileSync(join(folder, 'request.json'), '{');
      writeFileSync(
        join(folder, 'run.json'),
        JSON.stringify({ experiment: 'none', status, startedAt: '2026-01-02T03:00:00.000Z' }),
      );
    }
    const backfill = (from: string, to: string, ...more: string[]) =>
      schedule('backfill', 'nightly', '--from', from, '--to', to, ...more);
    assert.equal(
      (await backfill('2026-01-02T03:00Z', '2026-01-04T03:00Z')).stdout,
      'nightly fires for 3 times from 2026-01-02T03:00:00.000Z to 2026-01-04T03:00:00.000Z.\n'
        + '2 of them were completed before and stay as they are: nightly-20260102-030000, '
        + 'nightly-20260104-030000.\n',
    );
    assert.deepEqual(JSON.parse((await backfill('2026-01-05', '2026-01-06', '--json')).stdout), {
      schedule: 'nightly',
      done: 'backfilled',
      times: ['2026-01-05T03:00:00.000Z'],
      completed: [],
    });
    assert.match(
      (await backfill('2026-01-05T04:00Z', '2026-01-05T05:00Z')).stdout,
      /^nightly is due at no time from .*: it does not fire\.\n$/,
    );
    const begun = (await details('nightly')).runs.map(({ run: id }) => id);
    assert.deepEqual(
      begun,
      ['nightly-20260102-030000'],
      'the others wait for it: both ends of the time between are its',
    );
  });

  test('that lets runs go on beside one another says that it does not pause, whatever it was made with', async () => {
    done(
      await schedule(
        'create',
        'beside',
        'eight-gaussians',
        '--cron',
        '0 3 1 1 *',
        '--paused',
        '--overlap',
        'allow-all',
        '--on-failure',
        'go-on',
        ...settings,
      ),
    );
    // as earlier versions made them
    await client.schedule
      .getHandle('beside')
      .update((before) => ({ ...before, policies: { ...before.policies, pauseOnFailure: true } }));
    assert.equal((await details('beside')).pausesOnFailure, false);
    assert.match(
      (await schedule('show', 'beside')).stdout,
      /\n +overlap +allow-all\n[^]* on failure +go on\n/,
    );
    done(await schedule('delete', 'beside'));
  });

  test(
    'fires at the times that the help tells of, in hours that a change of the clock leaves out or has '
      + 'twice',
    async () => {
      const timesOf = async (cron: string, timezone: string, from: string, to: string): Promise<string[]> => {
        const handle = await client.schedule.create({
          scheduleId: `${timezone} ${cron} ${from}`,
          spec: { cronExpressions: [cron], timezone },
          state: { paused: true },
          action: { type: 'startWorkflow', workflowType: 'none', taskQueue: 'none', args: [] },
        });
        const [startTime, endTime] = [from, to].map((time) => msNumberToTs(Date.parse(time)));
        const { startTime: times } = await client.workflowService.listScheduleMatchingTimes({
          namespace: 'default',
          scheduleId: handle.scheduleId,
          startTime,
          endTime,
        });
        await handle.delete();
        return times.map((time) => new Date(tsToMs(time)).toISOString().slice(5, 16));
      };
      const cases: readonly (readonly [string, string, string, string, readonly string[]])[] = [
        [
          '30 2 * * *',
          'Europe/Berlin',
          '2026-03-28T00:00Z',
          '2026-03-31T00:00Z',
          ['03-28T01:30', '03-30T00:30'],
        ],
        [
          '30 2 * * *',
          'Europe/Berlin',
          '2026-10-24T00:00Z',
          '2026-10-27T00:00Z',
          ['10-24T00:30', '10-25T01:30', '10-26T01:30'],
        ],
        [
          '30 2 * * *',
          'America/New_York',
          '2026-03-07T00:00Z',
          '2026-03-10T00:00Z',
          ['03-07T07:30', '03-09T06:30'],
        ],
        [
          '30 1 * * *',
          'America/New_York',
          '2026-10-31T00:00Z',
          '2026-11-03T00:00Z',
          ['10-31T05:30', '11-01T05:30', '11-01T06:30', '11-02T06:30'],
        ],
        [
          '0 * * * *',
          'Europe/Berlin',
          '2026-10-24T23:30Z',
          '2026-10-25T03:30Z',
          ['10-25T00:00', '10-25T02:00', '10-25T03:00'],
        ],
        [
          '0 * * * *',
          'America/New_York',
          '2026-11-01T04:30Z',
          '2026-11-01T08:30Z',
          ['11-01T05:00', '11-01T06:00', '11-01T07:00', '11-01T08:00'],
        ],
        // as in a crontab: what begins with * restricts no day, a step counts from a range's beginning, 0 and
        // 7 are Sunday
        ['0 3 */2 * 1', 'UTC', '2026-01-01T00:00Z', '2026-02-01T00:00Z', ['01-05T03:00', '01-19T03:00']],
        [
          '5-59/15 3 1 1 *',
          'UTC',
          '2025-12-31T00:00Z',
          '2026-02-01T00:00Z',
          ['01-01T03:05', '01-01T03:20', '01-01T03:35', '01-01T03:50'],
        ],
        [
          '0 3 * jan 5-7',
          'UTC',
          '2026-01-01T00:00Z',
          '2026-01-10T00:00Z',
          ['01-02T03:00', '01-03T03:00', '01-04T03:00', '01-09T03:00'],
        ],
        ['@weekly', 'UTC', '2026-01-01T00:00Z', '2026-01-12T00:00Z', ['01-04T00:00', '01-11T00:00']],
      ];
      for (const [cron, zone, from, to, times] of cases) {
        assert.deepEqual(collectCron(cron), [cron]);
        assert.deepEqual(await timesOf(cron, zone, from, to), times, `${cron} in ${zone}`);
      }
    },
  );
});
