/** How busy others are while something is measured: counted on made-up machines, and on this one. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { LoadMeter, loadSentence } from '../../../infra/client/estimate/load.ts';
import { otherRuns } from '../../../infra/client/estimate/other-runs.ts';
import { processesOf } from '../../../infra/client/sweeps/measure-trials.ts';
import { layoutOf } from '../../../infra/store/layout.ts';
import { enter } from '../../../infra/temporal/server-record.ts';
import { temporaryFolder } from '../../support/folders.ts';

interface Times {
  readonly user: number;
  readonly stolen?: number;
  readonly processes: Readonly<Record<number, readonly [parent: number, own: number, ended: number]>>;
}

/** A machine of so many cores, whose processors have spent so many seconds. */
function machine(root: string, cores: number, { user, stolen = 0, processes }: Times): void {
  const ticks = (seconds: number): number => Math.round(100 * seconds);
  mkdirSync(join(root, 'proc'), { recursive: true });
  const line = `${ticks(user)} 0 0 999999 5 0 0 ${ticks(stolen)} 0 0`;
  writeFileSync(
    join(root, 'proc/stat'),
    [`cpu  ${line}`, ...Array.from({ length: cores }, (_, i) => `cpu${i} ${line}`), 'intr 1'].join('\n'),
  );
  for (const [pid, [parent, own, ended]] of Object.entries(processes)) {
    mkdirSync(join(root, 'proc', pid), { recursive: true });
    // a name may hold spaces and brackets
    writeFileSync(
      join(root, 'proc', pid, 'stat'),
      `${pid} (a (b) c) S ${parent} 1 1 0 -1 0 0 0 0 0 ${ticks(own)} 0 ${ticks(ended)} 0 20 0 1 0`,
    );
  }
}

async function measured(
  cores: number,
  before: Times,
  after: Times,
  runs: readonly string[] = [],
  own: readonly number[] = [50],
): Promise<ReturnType<LoadMeter['read']> & { seconds: number }> {
  const root = temporaryFolder('load');
  machine(root, cores, before);
  const startedAt = performance.now();
  const meter = new LoadMeter({ root, own });
  await sleep(1000);
  machine(root, cores, after);
  const load = meter.read(1, { underWay: runs, unknown: [] });
  return { ...load, seconds: (performance.now() - startedAt) / 1000 };
}

const none = { underWay: [], unknown: [] };
const mine = availableParallelism();
const near = (found: number | null, expected: number): void =>
  assert.ok(
    found !== null && Math.abs(found - expected) < 0.15 * Math.max(expected, 0.2),
    `${found} is not about ${expected}`,
  );

describe('the load of others', () => {
  test('is all that processors did, but for us and what is below us, be it ended', async () => {
    const before: Times = {
      user: 100,
      processes: { 50: [7, 10, 2], 51: [50, 1, 0], 52: [51, 3, 0], 60: [7, 40, 0] },
    };
    // 3 s of ours: 1 by ourselves, 1 of a child's child, 1 of one that has ended
    const after: Times = {
      user: 105,
      processes: { 50: [7, 11, 3], 51: [50, 1, 0], 52: [51, 4, 0], 60: [7, 42, 0] },
    };
    const load = await measured(mine, before, after);
    near(load.othersBusy! * load.seconds, 2);
    assert.deepEqual([load.beside, load.cores, load.threads], [true, mine, 1]);
  });

  test('is not what a worker did that was there already', async () => {
    const before: Times = { user: 100, processes: { 50: [7, 10, 0], 60: [1, 40, 0], 61: [60, 5, 0] } };
    const after: Times = { user: 102, processes: { 50: [7, 10, 0], 60: [1, 40, 0], 61: [60, 7, 0] } };
    near((await measured(mine, before, after)).othersBusy!, 2);
    const load = await measured(mine, before, after, [], [50, 60]);
    assert.deepEqual([load.othersBusy, load.beside], [0, false]);
    const out = temporaryFolder('load');
    await enter(layoutOf(out));
    assert.deepEqual(
      await processesOf(out),
      [process.pid, process.pid],
      "who needs the folder's server is known by its process",
    );
  });

  test('has no run of a server elsewhere, which may be dead since long, and says that it is not known', async () => {
    const out = temporaryFolder('load');
    const request = {
      runId: 'old-run',
      experiment: 'spiral',
      startedAt: '2020-01-01T00:00:00.000Z',
      config: { seed: 1 },
    };
    mkdirSync(join(out, 'old-run'));
    writeFileSync(
      join(out, 'old-run', 'request.json'),
      JSON.stringify({ request, address: '10.0.0.1:7233' }),
    );
    const found = await otherRuns(out, null);
    assert.deepEqual(found, { underWay: [], unknown: ['old-run'] });
    const load = new LoadMeter({ root: join(out, 'nowhere') }).read(1, found);
    assert.deepEqual([load.runs, load.unknownRuns, load.beside], [[], ['old-run'], false]);
    assert.match(
      loadSentence(load),
      /\. Whether old-run on a server elsewhere went on meanwhile is not known\.$/,
    );
    assert.deepEqual(await otherRuns(out, 'old-'), none);
  });

  test('counts what a hypervisor gave away, and names it', async () => {
    const load = await measured(
      mine,
      { user: 10, processes: { 50: [7, 0, 0] } },
      { user: 10, stolen: 1, processes: { 50: [7, 0, 0] } },
    );
    near(load.stolen! * load.seconds, 1);
    near(load.othersBusy! * load.seconds, 1);
    assert.match(loadSentence(load), /of them those of a hypervisor/);
  });

  test("is in nobody's way where it is little, or where the machine has cores to spare", async () => {
    const [before, after]: [Times, Times] = [
      { user: 10, processes: { 50: [7, 0, 0] } },
      { user: 11, processes: { 50: [7, 0, 0] } },
    ];
    const spare = await measured(mine + 3, before, after);
    near(spare.othersBusy! * spare.seconds, 1);
    assert.equal(spare.beside, false);
    const little = await measured(mine, before, { ...after, user: 10.1 });
    assert.equal(little.beside, false);
    assert.match(
      loadSentence(little),
      /^Measured with nothing beside it: others kept 0\.1 of \d+ cores? busy\.$/,
    );
    assert.equal(
      (await measured(mine, before, { ...after, user: 10 }, ['other-run'])).beside,
      true,
      'a run under way is one beside it',
    );
  });

  test('is not known where nobody counts, and the load average is told', () => {
    const load = new LoadMeter({ root: join(temporaryFolder('load'), 'nowhere') }).read(2, none);
    assert.deepEqual([load.othersBusy, load.stolen, load.beside], [null, null, false]);
    assert.match(
      loadSentence(load),
      /^What was beside the measuring is not known: a load average of [\d.]+ before it began\.$/,
    );
  });

  test('of this machine lies between none and all of its cores', async () => {
    const meter = new LoadMeter();
    await sleep(300);
    const { othersBusy } = meter.read(1, none);
    if (othersBusy !== null) assert.ok(othersBusy >= 0 && othersBusy < 1024, `${othersBusy}`);
  });

  test('is told with the runs that were under way, and their number where they are many', () => {
    const load = { cores: 2, threads: 1, othersBusy: 1.5, stolen: 0, loadAverage: 1, beside: true };
    assert.equal(
      loadSentence({ ...load, runs: ['a', 'b'] }),
      'Measured beside others: others kept 1.5 of 2 cores busy; a, b were under way. Alone it takes '
        + 'less time; measure again when they have ended.',
    );
    assert.match(loadSentence({ ...load, runs: ['a', 'b', 'c', 'd'] }), /; 4 other runs were under way\./);
  });
});
