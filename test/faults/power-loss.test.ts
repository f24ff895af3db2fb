/** The machine's state as after a loss of power: everything killed at once, then `resume` as its user would
 *  type it. */
import assert from 'node:assert/strict';
import { existsSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes } from '../../infra/base/exit-codes.ts';
import { layoutOf, type Layout } from '../../infra/store/layout.ts';
import { recordOf, run, start } from '../support/command-line.ts';
import { assertSameRun, endedRun, type EndedRun } from '../support/faults/ended-run.ts';
import { faultRow, type Trial } from '../support/faults/fault-row.ts';
import { computesOf, serversOf, workersOf } from '../support/faults/processes-of.ts';
import { runArguments, segments } from '../support/faults/small-run.ts';
import { WorkWatcher } from '../support/faults/watch-work.ts';
import { untilGone } from '../support/processes.ts';
import { noTemporal } from '../support/temporal.ts';

/** What the server's database is afterwards: it may have been in the middle of a write. */
const databases = ['as it was', 'gone', 'cut short'] as const;
/** The heartbeat's timeout and 15 s, and what a command line and its server take to start beside three
 *  others. */
const recoveryWithinS = 55;

faultRow<EndedRun>(import.meta.url, {
  fault:
    'loss of power: command line, server, worker and compute processes killed together at random '
    + "moments, the server's database unhurt, gone or cut short; then `resume`",
  mustHold:
    'the resumed run ends as an undisturbed one does, byte for byte; at most the segment under way '
    + 'is begun again',
  trials: { short: 1, long: 30 },
  skip: noTemporal,
  atOnce: 3,
  prepare: async (folder) => {
    const out = join(folder, 'runs');
    assert.equal((await run(runArguments(out))).code, exitCodes.ok);
    return endedRun(out, (await recordOf(out)).id);
  },
  trial: loseOnce,
});

async function loseOnce({ number, random, folder, shared }: Trial<EndedRun>) {
  const layout = layoutOf(join(folder, 'runs'));
  const database = databases[number % databases.length]!;
  const watcher = new WorkWatcher(layout);
  try {
    const before = start(runArguments(layout.out));
    await Promise.race([watcher.anywhere(random), before.ended]);
    await killAll(layout, before.process.pid!);
    damage(layout, database);
    const lostAt = performance.now();
    const resumed = start(['resume', 'latest', '--out', layout.out]);
    await Promise.race([watcher.next(), resumed.ended]);
    const recoveryS = (performance.now() - lostAt) / 1000;
    const { code, stderr } = await resumed.ended;
    assert.equal(code, exitCodes.ok, stderr);
    assert.equal(stderr.includes('could not be read and is kept as'), database === 'cut short', stderr);
    assertSameRun(endedRun(layout.out, (await recordOf(layout.out)).id), shared);
    assert.ok(
      watcher.segmentsBegun <= segments + 1,
      `${watcher.segmentsBegun} segments begun, for ${segments}`,
    );
    assert.ok(recoveryS <= recoveryWithinS, `nothing went on for ${recoveryS.toFixed(1)} s`);
    return {
      recoveryS,
      counts: { [`database ${database}`]: 1, 'segments begun again': watcher.segmentsBegun - segments },
    };
  } finally {
    watcher.close();
  }
}

async function killAll(layout: Layout, commandLine: number): Promise<void> {
  const pids = [commandLine, ...serversOf(layout), ...computesOf(layout), ...workersOf(layout)];
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await Promise.all(pids.map((pid) => untilGone(pid, 5000)));
}

function damage({ temporalDatabase }: Layout, database: (typeof databases)[number]): void {
  if (database === 'as it was') return;
  for (const journal of ['-wal', '-shm']) rmSync(temporalDatabase + journal, { force: true });
  assert.ok(existsSync(temporalDatabase));
  if (database === 'gone') rmSync(temporalDatabase);
  else truncateSync(temporalDatabase, Math.floor(statSync(temporalDatabase).size / 2 / 4096) * 4096 + 100);
}
