/** kill -9 of the Temporal server, at any moment of a run. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from '../../infra/store/lock.ts';
import { assertSameRun, endedRun, type EndedRun } from '../support/faults/ended-run.ts';
import { faultRow, type Trial } from '../support/faults/fault-row.ts';
import { serversOf } from '../support/faults/processes-of.ts';
import { segments } from '../support/faults/small-run.ts';
import { WorkWatcher } from '../support/faults/watch-work.ts';
import type { Workshop } from '../support/faults/workshop.ts';
import { Workshops } from '../support/faults/workshops.ts';
import { untilGone } from '../support/processes.ts';
import { noTemporal } from '../support/temporal.ts';

const awaySeconds = [0, 20, 60];
/** The heartbeat's timeout and 15 s, from when the server may be back. */
const recoveryWithinS = 35;

interface Shared {
  readonly folder: string;
  readonly undisturbed: EndedRun;
}

const workshops = new Workshops();

faultRow<Shared>(import.meta.url, {
  fault: `kill -9 of the Temporal server at random moments, which is then away for ${awaySeconds.join(', ')} s`,
  mustHold:
    'every run ends as an undisturbed one does, byte for byte; at most the segment under way is begun again',
  trials: { short: 1, long: 30 },
  skip: noTemporal,
  atOnce: 4,
  prepare: (folder) =>
    workshops.use(folder, async (workshop) => {
      await workshop.run('undisturbed');
      return { folder, undisturbed: endedRun(workshop.layout.out, 'undisturbed') };
    }),
  trial: (trial) => workshops.use(trial.shared.folder, (workshop) => killOnce(trial, workshop)),
});

async function killOnce({ number, random, shared }: Trial<Shared>, workshop: Workshop) {
  const id = `served-${number}`;
  const away = awaySeconds[number % awaySeconds.length]!;
  const watcher = new WorkWatcher(workshop.layout);
  const moment = watcher.anywhere(random);
  const run = workshop.run(id);
  try {
    await Promise.race([moment, run]);
    await withoutServer(workshop, away);
    const backAt = performance.now();
    await Promise.race([watcher.next(), run]);
    const recoveryS = (performance.now() - backAt) / 1000;
    await run;
    assertSameRun(endedRun(workshop.layout.out, id), shared.undisturbed);
    assert.ok(
      watcher.segmentsBegun <= segments + 1,
      `${watcher.segmentsBegun} segments begun, for ${segments}`,
    );
    assert.ok(
      recoveryS <= recoveryWithinS,
      `nothing went on for ${recoveryS.toFixed(1)} s after the server might be back`,
    );
    return {
      recoveryS,
      counts: { [`away for ${away} s`]: 1, 'segments begun again': watcher.segmentsBegun - segments },
    };
  } finally {
    watcher.close();
  }
}

/** Nobody can start a server before the lock is free. */
async function withoutServer({ layout }: Workshop, seconds: number): Promise<void> {
  await withLock(layout.serverRecord, async () => {
    const servers = serversOf(layout);
    assert.equal(servers.length, 1);
    process.kill(servers[0]!, 'SIGKILL');
    await untilGone(servers[0]!, 5000);
    await sleep(seconds * 1000);
  });
}
