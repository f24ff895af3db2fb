/** Trainings that begin badly: learning rates far too high, or a flow that an unlucky start has thrown far
 *  from the data. And ones that begin well. */
import assert from 'node:assert/strict';
import type { Decision } from '../../activities/contracts/decision.ts';
import type { RunRequest } from '../../activities/contracts/run.ts';
import type { CounterflowError } from '../../infra/base/user-error.ts';
import { exitCodes } from '../../infra/base/exit-codes.ts';
import { explainEnd } from '../../infra/client/runs/explain-end.ts';
import { eightGaussiansPaper } from '../../workflows/experiments/eight-gaussians-paper.ts';
import { eightGaussians } from '../../workflows/experiments/eight-gaussians.ts';
import { pinwheel } from '../../workflows/experiments/pinwheel.ts';
import { spiral } from '../../workflows/experiments/spiral.ts';
import { endedRun, type EndedRun } from '../support/faults/ended-run.ts';
import { faultRow, type Outcome, type Trial } from '../support/faults/fault-row.ts';
import { heldOutLogProb } from '../support/faults/held-out-log-prob.ts';
import { noBaselines, requestOf, smallRequest } from '../support/faults/small-run.ts';
import {
  assertFinite,
  StoredCheckpoints,
  type StoredCheckpoint,
} from '../support/faults/stored-checkpoints.ts';
import { StoredSegments, type StoredSegment } from '../support/faults/stored-segments.ts';
import type { Workshop } from '../support/faults/workshop.ts';
import { Workshops } from '../support/faults/workshops.ts';
import { noTemporal } from '../support/temporal.ts';

type Random = () => number;

const workshops = new Workshops();

faultRow<string>(import.meta.url, {
  fault:
    'learning rates of either player or of the pretraining 30 to 3,000 times too high, a flow '
    + 'without bounded scales, a flow that enters the contrast lost; and healthy trainings',
  mustHold:
    'completed with sane weights, or given up with exit code 3, a statistic named and a remedy; '
    + 'every checkpoint that was gone back to or kept as the last good one is sane on points held out; '
    + 'no alarm in a healthy training',
  trials: { short: 3, long: 60 },
  skip: noTemporal,
  atOnce: 2,
  prepare: async (folder) => folder,
  trial: (trial) =>
    workshops.use(trial.shared, (workshop) =>
      trial.number % kinds.length === healthy ? beginWell(trial, workshop) : beginBadly(trial, workshop),
    ),
});

/** Larger than a small run's, so that there is something to lose; ten segments of ten updates. */
const network = [
  'models.flow.couplings=4',
  'models.flow.width=32',
  'models.ebm.width=64',
  'models.ebm.hiddenLayers=2',
  'dataset.trainCount=2000',
  'contrast.batchSize=200',
  'contrast.updates=100',
  'contrast.recovery.learningRateFactor=0.1',
];
const rate = 4e-3;
const farTooHigh = (random: Random): number => rate * 10 ** (1.5 + 2 * random());
const flowAtOnce = (learningRate: number): string[] => [
  `contrast.flow.learningRate=${learningRate}`,
  'contrast.flow.warmupUpdates=0',
];
const pretrain = (learningRate: number, more: object): string[] => [
  `pretrain=${JSON.stringify({ method: 'mle', updates: 20, segments: 10, batchSize: 50, averaging: 0, flow: { learningRate, clipNorm: null }, ...more })}`,
];
/** The pretraining notices nothing short of a value that is not finite. */
const unwatched = { maxValue: 1e30, maxValueGrowth: null, maxGradNormGrowth: null, minFirstLogProb: null };

const kinds: readonly { readonly name: string; readonly settings: (random: Random) => string[] }[] = [
  { name: 'flow', settings: (random) => flowAtOnce(farTooHigh(random)) },
  { name: 'healthy', settings: () => [] },
  { name: 'lost at entry', settings: (random) => pretrain(farTooHigh(random), { divergence: unwatched }) },
  { name: 'EBM', settings: (random) => [`contrast.ebm.learningRate=${farTooHigh(random)}`] },
  {
    name: 'unbounded scales',
    settings: (random) => [
      'models.flow.scale={"kind":"sigmoid"}',
      ...flowAtOnce(rate * (5 + 25 * random())),
      'contrast.turn={"kind":"ratio","ebm":1,"flow":1}',
    ],
  },
  { name: 'pretraining', settings: (random) => pretrain(farTooHigh(random), {}) },
];
const healthy = kinds.findIndex(({ name }) => name === 'healthy');

const seedOf = (random: Random): string => `seed=${1 + Math.floor(random() * 1000)}`;

async function beginBadly({ number, random }: Trial<string>, workshop: Workshop): Promise<Outcome> {
  const { name, settings } = kinds[number % kinds.length]!;
  const request = smallRequest(`bad-${number}`, [...network, seedOf(random), ...settings(random)]);
  const [checkpoints, segments] = [
    new StoredCheckpoints(workshop.layout),
    new StoredSegments(workshop.layout),
  ];
  checkpoints.unseen();
  segments.unseen();
  const error = await workshop.answer(request).then(
    () => null,
    (failure: unknown) => explainEnd(request.runId, failure) as CounterflowError,
  );
  const run = endedRun(workshop.layout.out, request.runId);
  const stored = checkpoints.unseen();
  for (const checkpoint of stored) assertFinite(checkpoint);
  const { decisions } = run.record;
  for (const { sentence, details } of signsOf(decisions))
    assert.match(sentence, new RegExp(`\\(${String(details['rule'])}\\b.*: .+\\)`));
  if (error !== null) assertGivenUp(run, error);
  assertSane(request, goodOf(run, segments.unseen()), stored);
  const rules = signsOf(decisions).map(({ details }) => String(details['rule']));
  return {
    counts: {
      [`${name}: ${error ? 'given up' : rules.length > 0 ? 'rolled back' : 'went well'}`]: 1,
      ...countsOf(rules),
    },
  };
}

const signsOf = (decisions: readonly Decision[]): Decision[] =>
  decisions.filter(({ what }) => what === 'rollback' || what === 'gave-up');
const countsOf = (names: readonly string[]): Record<string, number> =>
  Object.fromEntries(
    [...new Set(names)].map((name) => [`by ${name}`, names.filter((one) => one === name).length]),
  );

function assertGivenUp({ record }: EndedRun, { exitCode, message }: CounterflowError): void {
  assert.equal(record.status, 'failed');
  assert.equal(exitCode, exitCodes.diverged);
  const { what, sentence, details } = record.decisions.at(-1)!;
  assert.equal(what, 'gave-up');
  assert.ok(message.includes(sentence), message);
  if (details['rule'] === 'lost-flow')
    assert.match(
      message,
      /no rollback would mend the flow that entered\..* Start another run with lower learning rates/,
    );
  else assert.match(message, /Lower its learning rates/);
}

/** Checkpoints of the contrast by hash: those gone back to, the last good one of a training that gave up, the
 *  last one of one that did not. */
function goodOf({ record }: EndedRun, segments: readonly StoredSegment[]): Map<string, string> {
  const contrast = segments.filter(({ request }) => request.spec.training === 'contrast');
  const rollbacks = record.decisions.filter(
    ({ what, training }) => what === 'rollback' && training === 'contrast',
  );
  const goneBackTo = contrast.filter(
    ({ request: { checkpoint, fromUpdate, adjustment } }) =>
      checkpoint !== null
      && rollbacks.some(
        ({ details }) =>
          details['toUpdate'] === fromUpdate && details['noiseStream'] === adjustment.noiseStream,
      ),
  );
  const lastGood = record.artifacts.filter(
    ({ name }) => name === 'checkpoints/contrast-last-good.safetensors',
  );
  const end =
    record.status === 'completed'
      ? contrast.filter(({ output }) => output.weights.raw === record.weightsSha256!.raw)
      : [];
  assert.equal(end.length, Number(record.status === 'completed'));
  return new Map([
    ...goneBackTo.map(
      ({ request }) => [request.checkpoint!.sha256, `gone back to, of update ${request.fromUpdate}`] as const,
    ),
    ...lastGood.map(({ sha256 }) => [sha256, 'the last good one'] as const),
    ...end.map(({ output }) => [output.checkpoint.sha256, 'the last one'] as const),
  ]);
}

/** Nats: of mean log q and log p on points held out from what it would be. Healthy and mended ones were 3 and
 *  16 from it at most, lost ones 10^2 to 10^14. */
const farthest = { flow: 10, ebm: 30 };

function assertSane(
  request: RunRequest,
  good: ReadonlyMap<string, string>,
  stored: readonly StoredCheckpoint[],
): void {
  for (const { sha256, arrays } of stored.filter((checkpoint) => good.has(checkpoint.sha256))) {
    const { flow, ebm, exact } = heldOutLogProb(request, {
      flow: arrays.flow!.values,
      ebm: arrays.ebm!.values,
    });
    for (const [name, { mean }, limit] of [
      ['flow', flow, farthest.flow],
      ['EBM', ebm, farthest.ebm],
    ] as const) {
      assert.ok(
        Math.abs(mean - exact.mean) < limit,
        `${name} of the checkpoint ${good.get(sha256)} has a mean log-density of ${mean} on points `
          + `held out, exact is ${exact.mean}`,
      );
    }
  }
}

const experiments = [eightGaussians, eightGaussiansPaper, pinwheel, spiral];

/** The experiments as they are, but for their length. */
async function beginWell({ number, random }: Trial<string>, workshop: Workshop): Promise<Outcome> {
  const experiment = experiments[Math.floor(number / kinds.length) % experiments.length]!;
  const request = requestOf(experiment, `well-${number}`, [
    ...noBaselines,
    'contrast.updates=200',
    'contrast.segments=10',
    'evaluation.gridSize=16',
    seedOf(random),
  ]);
  await workshop.answer(request);
  const { record } = endedRun(workshop.layout.out, request.runId);
  assert.deepEqual([record.status, record.decisions.map(({ sentence }) => sentence)], ['completed', []]);
  return { counts: { healthy: 1 } };
}
