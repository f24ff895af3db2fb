/** run.json: everything a stranger needs to know about a run, built from its snapshot. */
import { basename } from 'node:path';
import type { ExperimentConfig } from '../config/experiment-config.ts';
import type { ArtifactRef, Provenance } from '../contracts/artifact.ts';
import type { Decision } from '../contracts/decision.ts';
import type { ExportedModels, InitialFlow } from '../contracts/evaluation.ts';
import type { ExportedName, RunStatusName, TrainingName } from '../contracts/names.ts';
import type { ExperimentFile, RunSnapshot } from '../contracts/run.ts';
import type { GaveUpDetails, SegmentSummary, TrainingResult } from '../contracts/training.ts';
import { dtypeBytes } from '../../models/graph/values.ts';
import { summariseMetrics, type MetricsSummary } from './metrics-summary.ts';
import { judgeResults } from '../health/judge-results.ts';
import { judgeTraining } from '../health/judge-training.ts';
import type { Warning } from '../health/warning.ts';
import { budgetsOf, type Budgets } from '../report/budgets.ts';

/** Hashes of the flat parameters, as trained and averaged. */
export type WeightHashes = TrainingResult['weights'];
export interface RecordedStep extends Provenance {
  readonly name: string;
}
export interface RecordedArtifact {
  /** Path in the run directory. */
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
}
export interface RecordedTraining {
  readonly updates: number;
  readonly seconds: number;
  /** Of that, the updates alone: without loading, recording and waiting for cores. */
  readonly updateSeconds: number;
  readonly rollbacks: number;
  readonly weightsSha256: WeightHashes;
  /** The last line of metrics. */
  readonly last: Readonly<Record<string, number>>;
  /** V, accuracy and bits/dim at its beginning and at its end. */
  readonly course: MetricsSummary;
  /** Checkpoints on its way that are not kept any more; left out where all of them are. */
  readonly released?: ReleasedCheckpoints;
}
export interface RecordedExperimentFile {
  /** As it was given. */
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  /** Path in the run directory of the copy that is kept with the run. */
  readonly copy: string;
}
export interface ReleasedCheckpoints {
  readonly checkpoints: number;
  /** Updates of the first and of the last of them. */
  readonly fromUpdate: number;
  readonly toUpdate: number;
  /** That they took. */
  readonly bytes: number;
}
/** What a training had reached when it gave up; its last good checkpoint is
 *  `checkpoints/<training>-last-good.safetensors`, where it has one. */
export type ReachedTraining = Pick<GaveUpDetails, 'training' | 'update' | 'border' | 'adjustments'>;
export type Nested = { readonly [name: string]: number | string | Nested };

export interface RunRecord {
  readonly id: string;
  readonly experiment: string;
  readonly title: string;
  readonly status: RunStatusName;
  /** As in its request: the contrast was to go on only so far. */
  readonly until?: number;
  readonly withoutBaselines?: true;
  /** Why the run ended, where it failed; `failureType` as the failure is named in contracts.ts. */
  readonly failure: string | null;
  readonly failureType: string | null;
  readonly seed: number;
  /** Fewer images than the official set. */
  readonly partialData: boolean;
  readonly command: string;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  /** Seconds: setupS, totalS, then one for each stage, which may overlap. */
  readonly timings: Readonly<Record<string, number>>;
  /** How long it was worked on, by execution, the first one first; left out by earlier versions. */
  readonly executions?: readonly RecordedExecution[];
  readonly results: Nested;
  readonly executionProvider: string | null;
  /** Final weights of `contrast`. */
  readonly weightsSha256: WeightHashes | null;
  readonly trainings: Readonly<Partial<Record<TrainingName, RecordedTraining>>>;
  readonly decisions: readonly Decision[];
  /** What the models that are compared were trained for, and whether that is the same; left out before there
   *  is a contrast, and by earlier versions. */
  readonly budgets?: Budgets;
  /** Why its figures are doubtful, though it ran to its end; left out by earlier versions. */
  readonly warnings?: readonly Warning[];
  /** Of trainings that gave up: where `resume --set` goes on; left out where none did, and by earlier
   *  versions. */
  readonly gaveUp?: readonly ReachedTraining[];
  /** Messages that wait for their training to begin; left out where there are none. */
  readonly held?: RunSnapshot['held'];
  readonly steps: readonly RecordedStep[];
  readonly dataset: {
    readonly source: string;
    readonly trainCount: number;
    readonly testCount: number;
    readonly shape: readonly number[];
    readonly trainSha256: string;
    readonly testSha256: string;
    /** What was done to images, and what people have to know beside the figures; left out where there is
     *  nothing, and by earlier versions. */
    readonly preprocessing?: readonly string[];
    readonly notes?: readonly string[];
  } | null;
  /** The file that the run started from, in place of a pretraining; left out where none was given. */
  readonly initialFlow?: Pick<InitialFlow, 'name' | 'source'> & Pick<ArtifactRef, 'sha256' | 'bytes'>;
  /** The file of a user's own experiment; left out of the others, and by earlier versions. */
  readonly experimentFile?: RecordedExperimentFile;
  readonly config: ExperimentConfig;
  readonly environment: Readonly<Record<string, unknown>>;
  readonly artifacts: readonly RecordedArtifact[];
  /** What was written beside them; left out by earlier versions. */
  readonly files?: readonly RecordedArtifact[];
}

/** Trainings in the order that files list them. */
export const trainingOrder: readonly TrainingName[] = [
  'flow-mle',
  'nce-standard',
  'nce-matched',
  'vae',
  'dcgan',
  'features',
  'pretrain',
  'contrast',
  'control',
];

export const trainingsIn = ({ trainings }: RunSnapshot): TrainingResult[] =>
  trainingOrder.flatMap((name) => trainings[name] ?? []);

/** What was exported, in the same order, the given flow first. */
export const modelsOf = ({ models }: RunSnapshot): [ExportedName, ExportedModels][] =>
  (['initial-flow', ...trainingOrder] as const).flatMap((name): [ExportedName, ExportedModels][] =>
    models[name] ? [[name, models[name]]] : [],
  );

/** Lines of metrics by training. */
export type MetricsByTraining = ReadonlyMap<TrainingName, readonly Readonly<Record<string, unknown>>[]>;

export function runRecord(
  run: RunSnapshot,
  environment: RunRecord['environment'],
  files: ReadonlyMap<string, ArtifactRef>,
  metrics: MetricsByTraining,
  now: string,
): RunRecord {
  const { request, dataset, evaluation, failure } = run;
  const trainings = Object.fromEntries(
    trainingsIn(run).map((result) => [result.training, trainingFacts(result, metrics)]),
  );
  const decisions = decisionsOf(run);
  const budgets = budgetsOf({ config: request.config, trainings, decisions, initialFlow: run.initialFlow });
  return {
    id: request.runId,
    experiment: request.experiment,
    title: request.title,
    status: run.status,
    ...(request.until !== undefined && { until: request.until }),
    ...(request.withoutBaselines && { withoutBaselines: true }),
    failure: failure?.message ?? null,
    failureType: failure?.type ?? null,
    seed: request.config.seed,
    partialData: dataset?.partial ?? false,
    command: request.command,
    startedAt: request.startedAt,
    finishedAt: run.finishedAt,
    timings: timingsOf(run, now),
    results: nested(evaluation?.results ?? {}),
    executionProvider: evaluation?.executionProvider ?? null,
    weightsSha256: run.trainings.contrast?.weights ?? null,
    trainings,
    decisions,
    warnings: warningsOf(run, metrics),
    ...(budgets && { budgets }),
    ...(run.held && { held: run.held }),
    ...(run.gaveUp && {
      gaveUp: run.gaveUp.map(({ training, update, border, adjustments }) => ({
        training,
        update,
        ...(border && { border }),
        ...(adjustments && { adjustments }),
      })),
    }),
    steps: stepsOf(run),
    dataset: datasetFacts(run),
    ...initialFlowFacts(run),
    ...experimentFileFacts(request),
    config: request.config,
    environment,
    artifacts: [...files].map(([name, { sha256, bytes }]) => ({ name, sha256, bytes })),
  };
}

/** As the trainings and results stand now, those without a result too. */
function warningsOf({ dataset, evaluation }: RunSnapshot, metrics: MetricsByTraining): Warning[] {
  const dim = dtypeBytes(dataset?.shape ?? []);
  return [
    ...trainingOrder.flatMap((training) => judgeTraining(training, metrics.get(training) ?? [], { dim })),
    ...judgeResults(evaluation?.results),
  ];
}

/** A resumed run's total is counted from when it was resumed: what was done before is in `steps`, as
 *  reused. */
function timingsOf({ request, stages, finishedAt }: RunSnapshot, now: string): Record<string, number> {
  const seconds = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / 1000;
  const ended = Object.entries(stages).flatMap(([name, stage]) =>
    stage.seconds === null ? [] : [[`${name}S`, stage.seconds] as const],
  );
  return {
    setupS: request.setupSeconds,
    totalS: seconds(request.resumedAt ?? request.startedAt, finishedAt ?? now),
    ...Object.fromEntries(ended),
  };
}

function trainingFacts(
  { training, segments, decisions, weights, last, seconds, updateSeconds }: TrainingResult,
  metrics: MetricsByTraining,
): RecordedTraining {
  return {
    updates: segments.at(-1)?.toUpdate ?? 0,
    seconds,
    updateSeconds,
    rollbacks: decisions.filter(({ what }) => what === 'rollback').length,
    weightsSha256: weights,
    last,
    course: summariseMetrics(metrics.get(training) ?? []),
    ...releasedOf(segments),
  };
}

function releasedOf(segments: TrainingResult['segments']): Pick<RecordedTraining, 'released'> {
  const gone = segments.filter(({ released }) => released);
  if (gone.length === 0) return {};
  const bytes = gone.reduce((sum, { checkpoint }) => sum + checkpoint.bytes, 0);
  return {
    released: {
      checkpoints: gone.length,
      fromUpdate: gone[0]!.toUpdate,
      toUpdate: gone.at(-1)!.toUpdate,
      bytes,
    },
  };
}

function datasetFacts({ dataset }: RunSnapshot): RunRecord['dataset'] {
  if (dataset === null) return null;
  const { source, trainCount, testCount, shape, train, test, preprocessing, notes } = dataset;
  return {
    source,
    trainCount,
    testCount,
    shape,
    trainSha256: train.sha256,
    testSha256: test.sha256,
    ...(preprocessing && { preprocessing }),
    ...(notes && { notes: notes.map(({ sentence }) => sentence) }),
  };
}

function initialFlowFacts({ initialFlow }: RunSnapshot): Pick<RunRecord, 'initialFlow'> {
  if (initialFlow === undefined) return {};
  const {
    name,
    source,
    given: { sha256, bytes },
  } = initialFlow;
  return { initialFlow: { name, source, sha256, bytes } };
}

function experimentFileFacts({ experimentFile }: RunSnapshot['request']): Pick<RunRecord, 'experimentFile'> {
  if (experimentFile === undefined) return {};
  const { path, sha256, text } = experimentFile;
  return {
    experimentFile: { path, sha256, bytes: Buffer.byteLength(text), copy: experimentCopy(experimentFile) },
  };
}

/** Where the copy of an experiment's file lies in the run directory. */
export const experimentCopy = ({ path }: Pick<ExperimentFile, 'path'>): string =>
  `experiment/${basename(path)}`;

/** Every step, with the reason why it was computed or found. */
export const stepsOf = (run: RunSnapshot): RecordedStep[] =>
  providedIn(run).map(([name, { key, reused, reason, seconds, failedAttempts }]) => ({
    name,
    key,
    reused,
    reason,
    seconds,
    ...(failedAttempts && { failedAttempts }),
  }));

function providedIn(run: RunSnapshot): [name: string, Provenance][] {
  const { dataset, initialFlow, evaluation, measured } = run;
  return [
    ...(dataset ? ([['prepare', dataset]] satisfies [string, Provenance][]) : []),
    ...(initialFlow ? ([['initial-flow', initialFlow]] satisfies [string, Provenance][]) : []),
    ...trainingsIn(run).flatMap(({ training, segments }) =>
      segments.map((segment): [string, Provenance] => [segmentName(training, segment), segment]),
    ),
    ...(measured ? ([['control measured', measured]] satisfies [string, Provenance][]) : []),
    ...modelsOf(run).map(([of, exported]): [string, Provenance] => [`export ${of}`, exported]),
    ...(evaluation ? ([['evaluate', evaluation]] satisfies [string, Provenance][]) : []),
  ];
}

/** What the workflows decided, and where a step had to wait. */
function decisionsOf(run: RunSnapshot): Decision[] {
  const waits = providedIn(run).flatMap(([name, { waited = [] }]) =>
    waited.map(({ at, path, bytes, seconds }): Decision => ({
      at,
      what: 'waited',
      sentence: `${name} waited ${seconds} s for room on the disk: ${path}, ${bytes} bytes.`,
      details: { path, bytes, seconds },
    })),
  );
  return [...run.decisions, ...waits].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

export const segmentName = (
  training: TrainingName,
  { fromUpdate, toUpdate }: Pick<SegmentSummary, 'fromUpdate' | 'toUpdate'>,
): string => `${training} ${fromUpdate}-${toUpdate}`;

/** `{'mse.flowMle': 1}` -> `{mse: {flowMle: 1}}`. */
export function nested(dotted: Readonly<Record<string, number | string>>): Nested {
  const root: Record<string, Nested[string]> = {};
  for (const [name, value] of Object.entries(dotted)) {
    const path = name.split('.');
    const last = path.pop()!;
    let node = root;
    for (const part of path) node = (node[part] ??= {}) as Record<string, Nested[string]>;
    node[last] = value;
  }
  return root;
}

export interface RecordedExecution {
  /** When its first stage began. */
  readonly startedAt: string;
  /** As in its request. */
  readonly until?: number;
  /** Wall time up to `lastAt`, waiting for cores included. Times when all trainings under way held, or no
   *  worker was there, are left out. */
  readonly seconds: number;
  /** When the record was written last. */
  readonly lastAt: string;
  /** All trainings under way hold since then; left out where one goes on. */
  readonly held?: true;
}
