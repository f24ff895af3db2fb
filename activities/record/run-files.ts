/** The files of a run directory and the artifacts behind them. */
import type { ArtifactRef } from '../contracts/artifact.ts';
import type { Decision } from '../contracts/decision.ts';
import type { TrainingName } from '../contracts/names.ts';
import type { RunSnapshot } from '../contracts/run.ts';
import type { SegmentSummary, TrainingResult } from '../contracts/training.ts';
import { isMixed } from '../health/player-figures.ts';
import type { Ports } from '../ports/ports.ts';
import { modelsOf, trainingsIn } from './run-record.ts';
import type { Scalars } from '../formats/tensorboard.ts';

/** Names in the run directory -> artifacts to link there. */
export function linkedFiles(run: RunSnapshot): Map<string, ArtifactRef> {
  const files = new Map<string, ArtifactRef>();
  for (const { training, checkpoint } of trainingsIn(run))
    files.set(`checkpoints/${training}.safetensors`, checkpoint);
  for (const [
    of,
    {
      stamped: { flowLogProb, flowSample, ebm, sampler, features },
    },
  ] of modelsOf(run)) {
    if (flowLogProb) files.set(`onnx/${of}-flow-log-prob.onnx`, flowLogProb);
    if (flowSample) files.set(`onnx/${of}-flow-sample.onnx`, flowSample);
    if (ebm) files.set(`onnx/${of}-ebm.onnx`, ebm);
    if (sampler) files.set(`onnx/${of}-sampler.onnx`, sampler);
    if (features) files.set(`onnx/${of}-classifier.onnx`, features);
  }
  for (const { training, checkpoint } of run.gaveUp ?? [])
    if (checkpoint) files.set(lastGoodFile(training), checkpoint);
  if (run.initialFlow) files.set('checkpoints/initial-flow.safetensors', run.initialFlow.checkpoint);
  if (run.dataset) files.set('dataset.json', run.dataset.card);
  if (run.dataset?.picture) files.set('dataset.png', run.dataset.picture);
  for (const [name, ref] of Object.entries(run.evaluation?.files ?? {})) files.set(`evaluation/${name}`, ref);
  return files;
}

/** Of a training that gave up. */
export const lastGoodFile = (training: TrainingName): string =>
  `checkpoints/${training}-last-good.safetensors`;

/** Pictures that were asked for while a training went on, and the updates that led to a divergence. Decisions
 *  may come from the record of an earlier execution: only such names are taken. */
export function filesOfDecisions({ decisions }: Pick<RunSnapshot, 'decisions'>): Map<string, ArtifactRef> {
  return new Map(
    decisions.flatMap(({ what, details: { file, sha256, bytes } }) =>
      forms[what]?.test(String(file))
        ? [
            [
              String(file),
              { uri: `artifact://sha256/${sha256}`, sha256: String(sha256), bytes: Number(bytes) },
            ],
          ]
        : [],
    ),
  );
}

const diverged = /^diverged\/[\w-]+\.jsonl$/;
const forms: Readonly<Partial<Record<Decision['what'], RegExp>>> = {
  told: /^samples\/[\w-]+\.png$/,
  rollback: diverged,
  'gave-up': diverged,
};

/** Metrics of the accepted segments of a training, as JSON lines; the same bytes however often the run was
 *  interrupted. */
export async function metricsOf(
  { store }: Pick<Ports, 'store'>,
  { metrics }: TrainingResult,
): Promise<string> {
  return Buffer.concat(await Promise.all(metrics.map((ref) => store.get(ref)))).toString('utf8');
}

/** Times by segment, apart from the metrics so that those stay the same when a run is repeated. */
export function timingLine(
  training: TrainingName,
  segment: Pick<SegmentSummary, 'fromUpdate' | 'toUpdate' | 'adjustment' | 'seconds' | 'reused' | 'reason'>,
): string {
  const { fromUpdate, toUpdate, adjustment, seconds, reused, reason } = segment;
  return `${JSON.stringify({ training, fromUpdate, toUpdate, ...adjustment, seconds, reused, reason })}\n`;
}

type Timed = Pick<SegmentSummary, 'fromUpdate' | 'toUpdate' | 'seconds'>;

/** Metrics lines as TensorBoard scalars; a line's time is interpolated in its segment's. Figures of a player
 *  have its name: a tag is one curve. */
export function scalarsOf(
  segments: readonly Timed[],
  metrics: readonly Readonly<Record<string, unknown>>[],
  startedAt: number,
): Scalars[] {
  const ends = segments.map((_, i) =>
    segments.slice(0, i + 1).reduce((sum, { seconds }) => sum + seconds, startedAt),
  );
  return metrics.map((line) => {
    const step = Number(line['update']);
    const i = Math.max(
      0,
      segments.findIndex(({ toUpdate }) => step <= toUpdate),
    );
    const { fromUpdate, toUpdate, seconds } = segments[i]!;
    const wallTime = ends[i]! - (seconds * (toUpdate - step)) / (toUpdate - fromUpdate);
    const values = Object.entries(line).filter(
      (entry): entry is [string, number] =>
        entry[0] !== 'update' && typeof entry[1] === 'number' && !isMixed(entry[0], line),
    );
    return { step, wallTime, values: { ...Object.fromEntries(values), seconds: wallTime - startedAt } };
  });
}

export const parseLines = (lines: string): Record<string, unknown>[] =>
  lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
