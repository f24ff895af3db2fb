/** kill -9 of the worker or of its compute processes, at any moment of a run. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertSameRun, endedRun, type EndedRun } from '../support/faults/ended-run.ts';
import { faultRow, type Trial } from '../support/faults/fault-row.ts';
import { kill, type Victim } from '../support/faults/kill.ts';
import { segments } from '../support/faults/small-run.ts';
import { WorkWatcher, type Appearance } from '../support/faults/watch-work.ts';
import type { Workshop } from '../support/faults/workshop.ts';
import { Workshops } from '../support/faults/workshops.ts';
import { noTemporal } from '../support/temporal.ts';

/** The heartbeat's timeout and 15 s. */
const recoveryWithinS = 35;
/** What was under way when the process died has been seen by then, and no other has taken its place. */
const settledMs = 100;

interface Shared {
  readonly folder: string;
  readonly undisturbed: EndedRun;
}

const workshops = new Workshops();

faultRow<Shared>(import.meta.url, {
  fault:
    'kill -9 of the worker or of its compute processes at random moments, a third of them while a '
    + 'checkpoint is written or stored',
  mustHold:
    'the weights and the metrics, byte for byte, of an undisturbed run; no update missing or twice; at '
    + `most one segment begun again; recovery within ${recoveryWithinS} s`,
  trials: { short: 2, long: 200 },
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
  const id = `killed-${number}`;
  const victim: Victim = number % 2 === 0 ? 'worker' : 'compute';
  const watcher = new WorkWatcher(workshop.layout);
  const aimed = number % 3 === 0 ? whileWriting(watcher, victim, random) : watcher.anywhere(random);
  const run = workshop.run(id);
  try {
    await Promise.race([aimed, run]);
    await kill(workshop, victim);
    const killedAt = performance.now();
    await sleep(settledMs);
    await Promise.race([watcher.next(), run]);
    const recoveryS = (performance.now() - killedAt) / 1000;
    await run;
    assertSameRun(endedRun(workshop.layout.out, id), shared.undisturbed);
    assert.ok(
      watcher.segmentsBegun <= segments + 1,
      `${watcher.segmentsBegun} segments begun, for ${segments}`,
    );
    assert.ok(recoveryS <= recoveryWithinS, `nothing went on for ${recoveryS.toFixed(1)} s`);
    return {
      recoveryS,
      counts: { [`${victim} killed`]: 1, 'segments begun again': watcher.segmentsBegun - segments },
    };
  } finally {
    watcher.close();
  }
}

/** The compute process as it writes a checkpoint, the worker as it stores one. */
async function whileWriting(watcher: WorkWatcher, victim: Victim, random: () => number): Promise<void> {
  const segment = 1 + Math.floor(random() * segments);
  const isFile = ({ kind, name }: Appearance): boolean =>
    kind === 'writing' && (name === 'checkpoint.safetensors') === (victim === 'compute');
  await watcher.next((seen) => watcher.segmentsBegun >= segment && isFile(seen));
  await sleep(random() * 3);
}
