/** The smallest run that passes through every stage: eight Gaussians, networks of a few units, ten segments
 *  of two updates. */
import type { RunRequest } from '../../../activities/contracts/run.ts';
import { resolveConfig } from '../../../infra/client/runs/resolve-config.ts';
import { eightGaussians } from '../../../workflows/experiments/eight-gaussians.ts';
import type { Experiment } from '../../../workflows/experiments/experiment.ts';

export const segments = 10;
/** Every one of them has its line in metrics.jsonl. */
export const updates = 20;

export const noBaselines = [
  'baselines.flowMle=null',
  'baselines.nceStandard=null',
  'baselines.nceMatched=null',
] as const;
/** As `--set` takes them. */
export const smallSettings = [
  'dataset.trainCount=500',
  'dataset.testCount=100',
  'models.flow.couplings=2',
  'models.flow.width=8',
  'models.ebm.width=8',
  'models.ebm.hiddenLayers=1',
  `contrast.updates=${updates}`,
  `contrast.segments=${segments}`,
  'contrast.batchSize=50',
  'contrast.logEvery=1',
  'contrast.probeEvery=5',
  ...noBaselines,
  'evaluation.gridSize=16',
  // all stay, so that any can be damaged; the row `let-go-checkpoints` has others
  'contrast.checkpoints.every=1',
];

/** For the command line: nothing of an earlier run is reused. */
export const runArguments = (out: string, ...more: readonly string[]): string[] => [
  'run',
  eightGaussians.name,
  '--out',
  out,
  '--fresh',
  ...[...smallSettings, ...more].flatMap((setting) => ['--set', setting]),
];

export const smallRequest = (runId: string, more: readonly string[] = []): RunRequest =>
  requestOf(eightGaussians, runId, [...smallSettings, ...more]);

/** What the command line would ask for. */
export function requestOf(experiment: Experiment, runId: string, set: readonly string[]): RunRequest {
  return {
    runId,
    experiment: experiment.name,
    title: experiment.title,
    config: resolveConfig(experiment, { set, seed: undefined }),
    dataDir: null,
    features: null,
    fresh: true,
    startedAt: new Date().toISOString(),
    setupSeconds: 0,
    command: `a test: ${runId}`,
  };
}
