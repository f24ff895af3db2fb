/** Trainings that do diverge: rates far too high, no clipping, bounds too narrow. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Decision } from '../../activities/contracts/decision.ts';
import type { CounterflowError } from '../../infra/base/user-error.ts';
import { overrideRequest } from '../../infra/client/runs/override-request.ts';
import { exitCodes } from '../../infra/base/exit-codes.ts';
import { explainEnd } from '../../infra/client/runs/explain-end.ts';
import { endedRun, type EndedRun } from '../support/faults/ended-run.ts';
import { faultRow, type Outcome, type Trial } from '../support/faults/fault-row.ts';
import { kill, type Victim } from '../support/faults/kill.ts';
import { segments, smallRequest, updates } from '../support/faults/small-run.ts';
import { assertFinite, StoredCheckpoints } from '../support/faults/stored-checkpoints.ts';
import { WorkWatcher } from '../support/faults/watch-work.ts';
import type { Workshop } from '../support/faults/workshop.ts';
import { Workshops } from '../support/faults/workshops.ts';
import { noTemporal } from '../support/temporal.ts';

const workshops = new Workshops();

faultRow<string>(import.meta.url, {
  fault: 'forced divergence: learning rates far too high, gradients unclipped, bounds too narrow',
  mustHold:
    'no more rollbacks than allowed; the same decisions and the same end on a rerun, killed in '
    + 'between or not; completed, or given up in one sentence with exit code 3 and its last good '
    + 'checkpoint, from which it goes on with other settings; nothing stored that is not finite',
  trials: { short: 1, long: 50 },
  timeoutMs: 600_000,
  skip: noTemporal,
  atOnce: 2,
  prepare: async (folder) => folder,
  trial: (trial) => workshops.use(trial.shared, (workshop) => divergeTwice(trial, workshop)),
});

interface Forced {
  readonly maxRollbacks: number;
  readonly settings: readonly string[];
  /** With which nothing diverges. */
  readonly remedies: readonly string[];
}
interface End {
  readonly run: EndedRun;
  /** What the command line would end with; null: completed. */
  readonly error: CounterflowError | null;
  readonly segmentsBegun: number;
}

/** Of the rerun; the one that takes little time first. */
const disturbances = ['compute', null, 'worker', null] as const;

async function divergeTwice({ number, random }: Trial<string>, workshop: Workshop): Promise<Outcome> {
  const forced = force(random);
  const stored = new StoredCheckpoints(workshop.layout);
  const first = await runToEnd(workshop, `first-${number}`, forced);
  assertClearEnd(first, forced);
  const disturb = disturbances[number % disturbances.length]!;
  const second = await runToEnd(
    workshop,
    `second-${number}`,
    forced,
    disturb && {
      victim: disturb,
      place: 1 + Math.floor(random() * first.segmentsBegun),
      waitMs: random() * 300,
    },
  );
  assertSameEnd(second, first);
  const goesOn =
    first.error !== null && (await goOnWithOtherSettings(workshop, `first-${number}`, forced, first));
  for (const checkpoint of stored.unseen()) assertFinite(checkpoint);
  const rollbacks = decisionsOf(first).filter(({ what }) => what === 'rollback').length;
  return {
    counts: {
      [first.error ? 'given up' : 'recovered']: 1,
      'resumed with other settings': Number(goesOn),
      rollbacks,
      [disturb ? `${disturb} killed` : 'plain reruns']: 1,
    },
  };
}

/** By which the flow's first steps throw its samples out of all bounds, or V is out of its bound from its
 *  first fluctuation on. */
function force(random: () => number): Forced {
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
  const maxRollbacks = pick([0, 1, 2, 3, 5]);
  const rate = (low: number, high: number): string => (10 ** (low + random() * (high - low))).toPrecision(3);
  const wild = [
    `contrast.flow.learningRate=${rate(0.5, 2)}`,
    'contrast.flow.warmupUpdates=0',
    `contrast.ebm.learningRate=${rate(-2, 1)}`,
    `contrast.flow.clipNorm=${pick(['null', '1'])}`,
    `contrast.ebm.clipNorm=${pick(['null', '1'])}`,
  ];
  const narrow = [`contrast.divergence.maxValue=${(1.39 + 0.3 * random()).toPrecision(3)}`];
  const [settings, remedies] =
    random() < 0.7
      ? [
          wild,
          [
            'contrast.flow.learningRate=1e-4',
            'contrast.ebm.learningRate=1e-4',
            'contrast.flow.clipNorm=1',
            'contrast.ebm.clipNorm=1',
          ],
        ]
      : [narrow, ['contrast.divergence.maxValue=1e5']];
  return {
    maxRollbacks,
    remedies,
    settings: [
      ...settings,
      `seed=${1 + Math.floor(random() * 1000)}`,
      `contrast.recovery.maxRollbacks=${maxRollbacks}`,
      `contrast.recovery.learningRateFactor=${pick([0.5, 0.1, 0.001])}`,
    ],
  };
}

async function runToEnd(
  workshop: Workshop,
  id: string,
  { settings }: Forced,
  disturbance: { victim: Victim; place: number; waitMs: number } | null = null,
): Promise<End> {
  const watcher = new WorkWatcher(workshop.layout);
  const run = workshop.run(id, settings).then(
    () => null,
    (error: unknown) => explainEnd(id, error) as CounterflowError,
  );
  try {
    if (disturbance) {
      await Promise.race([watcher.next(() => watcher.segmentsBegun >= disturbance.place), run]);
      await sleep(disturbance.waitMs);
      await kill(workshop, disturbance.victim);
    }
    const error = await run;
    return { run: endedRun(workshop.layout.out, id), error, segmentsBegun: watcher.segmentsBegun };
  } finally {
    watcher.close();
  }
}

/** The segments up to the last good checkpoint are found again, and the rest is trained from there. */
async function goOnWithOtherSettings(
  workshop: Workshop,
  id: string,
  { settings, remedies }: Forced,
  { run: { record } }: End,
): Promise<true> {
  const { update } = record.gaveUp![0]!;
  await workshop.answer(overrideRequest(smallRequest(id, settings), record, remedies));
  const { record: after } = endedRun(workshop.layout.out, id);
  assert.equal(after.status, 'completed');
  const found = after.steps
    .filter(({ name, reused }) => name.startsWith('contrast ') && reused)
    .map(({ name }) => Number(name.split('-')[1]));
  assert.equal(found.at(-1) ?? 0, update);
  assert.equal(found.length, (update * segments) / updates);
  assert.ok(
    after.decisions.some(({ what, sentence }) => what === 'resumed' && sentence.includes(remedies[0]!)),
    'the record does not say what was changed',
  );
  return true;
}

const decisionsOf = ({ run }: End): readonly Decision[] => run.record.decisions;

/** Every decision names its rule, where it went back to and what it changed; there are no more of them than
 *  allowed. */
function assertClearEnd({ run: { record }, error }: End, { maxRollbacks, settings }: Forced): void {
  const rollbacks = record.decisions.filter(({ what }) => what === 'rollback');
  assert.ok(record.decisions.length > 0, `nothing diverged with ${settings.join(' ')}`);
  assert.ok(rollbacks.length <= maxRollbacks, `${rollbacks.length} rollbacks, ${maxRollbacks} allowed`);
  for (const [i, { sentence, details }] of rollbacks.entries()) {
    assert.match(
      sentence,
      /^contrast diverged at update \d+ \([a-z-]+( of \w+)?: .+\): back to update \d+, learning rates times [\d.e-]+, noise stream \d+\.$/,
    );
    assert.ok(Number(details['toUpdate']) < Number(details['update']));
    assert.equal(details['noiseStream'], i + 1);
  }
  if (error === null) return assert.equal(record.status, 'completed');
  assert.equal(record.status, 'failed');
  assert.equal(rollbacks.length, maxRollbacks);
  assert.equal(record.decisions.at(-1)!.what, 'gave-up');
  assert.equal(error.exitCode, exitCodes.diverged);
  assert.ok(error.message.includes(record.decisions.at(-1)!.sentence), error.message);
  const { update } = record.gaveUp![0]!;
  assert.match(
    error.message,
    update === 0
      ? /It has no good checkpoint\./
      : new RegExp(`Its last good checkpoint is of update ${update}\\.`),
  );
  assert.equal(
    record.artifacts.some(({ name }) => name === 'checkpoints/contrast-last-good.safetensors'),
    update > 0,
  );
}

/** But for what it found of an attempt that was killed with its work done. */
function assertSameEnd(second: End, first: End): void {
  const told = (end: End): object[] =>
    decisionsOf(end)
      .filter(({ what }) => what !== 'reused')
      .map(({ what, sentence, details }) => ({ what, sentence, details }));
  assert.deepEqual(told(second), told(first));
  assert.equal(second.error?.message.replaceAll('second-', 'first-'), first.error?.message);
  assert.deepEqual(second.run.record.weightsSha256, first.run.record.weightsSha256);
  assert.equal(second.run.metrics, first.run.metrics);
}
