/** A run with pretend activities: a request, and verbs that answer at once and write down that they were
 *  asked. */
import { createHash } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Activities } from '../../activities/contracts/activities.ts';
import type {
  ArtifactRef,
  GivenFlow,
  LostArtifact,
  Provenance,
} from '../../activities/contracts/artifact.ts';
import { failures } from '../../activities/contracts/failures.ts';
import type { RunRequest, RunSnapshot } from '../../activities/contracts/run.ts';
import type {
  DivergenceDetails,
  ReleaseRequest,
  SegmentFigures,
  SegmentRequest,
  SegmentTask,
} from '../../activities/contracts/training.ts';
import { configSchemaOf } from '../../activities/config/experiment-config.ts';

const optimiser = { learningRate: 1e-3 };
const training = { updates: 100, batchSize: 8, segments: 10 };
const fullConfig = {
  dataset: { kind: 'toy', density: 'eight-gaussians' },
  models: { flow: { kind: 'vector' }, ebm: { kind: 'dense' } },
  baselines: {
    flowMle: { method: 'mle', ...training, flow: optimiser },
    nceStandard: { method: 'nce', ...training, ebm: optimiser, noise: 'standard' },
    nceMatched: { method: 'nce', ...training, ebm: optimiser, noise: 'matched' },
  },
  pretrain: { method: 'mle', ...training, flow: optimiser },
  contrast: {
    method: 'fce',
    ...training,
    flow: optimiser,
    ebm: optimiser,
    turn: { kind: 'ratio', ebm: 1, flow: 1 },
  },
};

export function requestOf(runId: string, changes: object = {}, initialFlow?: GivenFlow): RunRequest {
  const config = configSchemaOf({ flowGiven: initialFlow !== undefined }).parse({
    ...fullConfig,
    ...changes,
  });
  return {
    runId,
    experiment: 'pretend',
    title: 'A pretend run',
    config,
    ...(initialFlow && { initialFlow }),
    dataDir: null,
    features: null,
    fresh: false,
    startedAt: '2026-01-02T03:04:05.000Z',
    setupSeconds: 1.5,
    command: 'counterflow run pretend',
  };
}
/** Only the contrast, from random weights: the shortest story. */
export const contrastAlone = { baselines: {}, pretrain: null };
export const withPretrain = { baselines: {} };
export const withOneBaseline = {
  baselines: { nceStandard: fullConfig.baselines.nceStandard },
  pretrain: null,
};
/** Images, with everything that is trained for them beside the main line. */
export const ofImages = (changes: object = {}): object => ({
  dataset: { kind: 'cifar10' },
  models: { flow: { kind: 'image' }, ebm: { kind: 'conv' } },
  pretrain: null,
  baselines: { vae: { method: 'vae', ...training, vae: optimiser }, dcgan: { method: 'gan', ...training } },
  featureNetwork: { method: 'classifier', ...training, classifier: optimiser, seed: 7 },
  ...changes,
});
export const withContrast = (changes: object): object => ({
  ...contrastAlone,
  contrast: { ...fullConfig.contrast, ...changes },
});

export function ref(content: string): ArtifactRef {
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { uri: `artifact://sha256/${sha256}`, sha256, bytes: content.length };
}
const provenance: Provenance = { key: 'key', reused: false, reason: 'first time', seconds: 0.25 };

export const segmentName = ({ spec, fromUpdate, adjustment }: SegmentRequest): string =>
  `${spec.training}@${fromUpdate}~${adjustment.noiseStream}`;

export const withStopping = (stopping: object, more: object = {}): object =>
  ofImages({
    baselines: {},
    featureNetwork: null,
    contrast: { ...fullConfig.contrast, ...more, stopping: { patience: 3, ...stopping } },
  });

/** A segment's result with figures: distances by the update they are measured at, and mean V by the segment's
 *  last update. */
export function figuresOf(
  { fromUpdate, toUpdate }: Pick<SegmentRequest, 'fromUpdate' | 'toUpdate'>,
  distances: Readonly<Record<number, number>>,
  values: Readonly<Record<number, number>> = {},
): SegmentFigures {
  const start = {
    checkpoint: ref('start'),
    weights: { raw: 'raw at 0', averaged: 'averaged at 0' },
    last: { update: 0 },
    heldOutDistance: distances[0]!,
  };
  return {
    meanValue: values[toUpdate] ?? -1.3,
    heldOutDistance: distances[toUpdate]!,
    ...(fromUpdate === 0 && { start }),
  };
}

/** Asked for again and again, and of no account to the order of the rest. */
const beside: readonly (keyof Activities)[] = ['recordRun', 'releaseCheckpoints'];

export interface Pretence {
  readonly activities: Activities;
  /** What was asked for, in order. */
  readonly calls: string[];
  readonly segments: SegmentTask[];
  readonly releases: ReleaseRequest[];
  readonly records: RunSnapshot[];
}

export function pretend(changes: Partial<Activities> = {}): Pretence {
  const calls: string[] = [];
  const segments: SegmentTask[] = [];
  const releases: ReleaseRequest[] = [];
  const records: RunSnapshot[] = [];
  const evaluated = async () => ({
    ...provenance,
    results: { 'mse.ebmFce': 0.01 },
    files: { density: ref('grid') },
    executionProvider: 'cpu',
  });
  const verbs: Activities = {
    prepareDataset: async () => ({
      ...provenance,
      train: ref('train'),
      test: ref('test'),
      shape: [2],
      trainCount: 10,
      testCount: 5,
      partial: false,
      source: 'pretend',
      card: ref('card'),
      picture: null,
    }),
    prepareFeatures: async ({ file }) => ({
      ...provenance,
      network: ref(file),
      label: file,
      fid: false,
      reference: null,
    }),
    prepareInitialFlow: async ({ file, artifact }) => ({
      ...provenance,
      checkpoint: ref(`checkpoint of ${file}`),
      given: artifact,
      name: file,
      source: 'pretend',
    }),
    featureStatistics: async ({ images, network }) => ({
      ...provenance,
      statistics: ref(`${images.sha256} in ${network.sha256}`),
    }),
    trainSegment: async (request) => ({
      ...provenance,
      checkpoint: ref(`checkpoint ${segmentName(request)}`),
      metrics: ref(`metrics ${segmentName(request)}`),
      last: { update: request.toUpdate, value: -1.4 },
      weights: { raw: 'raw', averaged: 'averaged' },
      updateSeconds: 1,
    }),
    measureUpdates: async ({ most }) => ({
      ...provenance,
      updates: Math.min(most, 40),
      updateSeconds: 2,
      firstSeconds: 0.5,
    }),
    releaseCheckpoints: async ({ checkpoints }) => ({ released: checkpoints.map(({ sha256 }) => sha256) }),
    releaseCompute: async () => undefined,
    drawSamples: async ({ sampler }) => ({ ...provenance, picture: ref(`samples of ${sampler.sha256}`) }),
    exportModels: async ({ training: name }) => ({
      ...provenance,
      name,
      flowLogProb: ref(`${name} flow`),
      flowSample: ref(`${name} sample`),
      ebm: ref(`${name} ebm`),
      stamped: {},
    }),
    evaluateDensity: evaluated,
    evaluateImages: evaluated,
    writeReport: async () => undefined,
    recordRun: async (run) => void records.push(run),
    recordRequest: async () => undefined,
    openFiring: async ({ request }) => ({ request, results: {}, ended: null }),
    recordSweepRequest: async () => undefined,
    openSweepFiring: async ({ sweep }) => ({ sweep, best: null, failed: 0, ended: null }),
    openSweep: async () => [],
    openTrial: async () => {
      throw new Error('No sweep was pretended.');
    },
    recordTrial: async () => undefined,
    recordSweepEnd: async () => undefined,
    ...changes,
  };
  const asked = <K extends keyof Activities>(name: K): Activities[K] =>
    (async (request: never) => {
      if (name === 'trainSegment') segments.push(request);
      if (name === 'releaseCheckpoints') releases.push(request);
      if (!beside.includes(name)) calls.push(name === 'trainSegment' ? segmentName(request) : name);
      return verbs[name](request);
    }) as Activities[K];
  const names = Object.keys(verbs) as (keyof Activities)[];
  return {
    calls,
    segments,
    releases,
    records,
    activities: Object.fromEntries(names.map((name) => [name, asked(name)])) as unknown as Activities,
  };
}

/** One set of activities for many runs: each run gets its own pretence. */
export function sharedBy(pretences: ReadonlyMap<string, Pretence>): Activities {
  const names = Object.keys(pretend().activities) as (keyof Activities)[];
  return Object.fromEntries(
    names.map((name) => [
      name,
      (request: never) => {
        const runId = Context.current().info.workflowExecution!.workflowId.split('/')[0]!;
        // a scheduled run's id is its schedule's and the time it was due, a trial's its sweep's and a name
        return pretences.get(runId.replace(/-(\d{8}-\d{6}|trial\d+)$/, ''))!.activities[name](request);
      },
    ]),
  ) as unknown as Activities;
}

/** The checkpoint it should go on from cannot be read. */
export const lostCheckpoint = ({ checkpoint }: SegmentRequest): ApplicationFailure => {
  const details: LostArtifact = { sha256: checkpoint!.sha256, how: 'damaged' };
  return ApplicationFailure.create({
    type: failures.storage,
    message: 'Damaged.',
    nonRetryable: true,
    details: [details],
  });
};

export function divergence({ spec, checkpoint, fromUpdate }: SegmentRequest): ApplicationFailure {
  const details: DivergenceDetails = {
    training: spec.training,
    rule: 'value-bound',
    update: fromUpdate + 3,
    value: -2e5,
    limit: 1e5,
    lastGood: checkpoint,
    lastGoodUpdate: fromUpdate,
  };
  return ApplicationFailure.create({
    type: failures.divergence,
    message: 'Diverged.',
    nonRetryable: true,
    details: [details],
  });
}
