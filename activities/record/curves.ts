/** The course of a run's trainings as its folder holds it: lines of metrics, and times and steps by segment.
 *  Of trainings without a result as well: exactly when a run was interrupted, or gave up, people look at its
 *  curves. */
import { canonicalHash } from '../formats/canonical-hash.ts';
import type { TrainingName } from '../contracts/names.ts';
import type { SegmentResult, SegmentSummary } from '../contracts/training.ts';
import type { Ports } from '../ports/ports.ts';
import { parseLines, scalarsOf, timingLine } from './run-files.ts';
import { segmentName, trainingOrder, type RecordedStep, type RunRecord } from './run-record.ts';
import { unsealed } from '../formats/sealed-json.ts';
import { encodeEvents } from '../formats/tensorboard.ts';

/** Of one training, up to its last finished segment. */
export interface TrainingCurve {
  /** JSON lines, as in metrics.jsonl. */
  readonly metrics: string;
  /** JSON lines, as in timings.jsonl. */
  readonly timings: string;
  readonly steps: readonly RecordedStep[];
}
export type Curves = ReadonlyMap<TrainingName, TrainingCurve>;

/** What a segment adds. */
export type EndedSegment = Pick<SegmentSummary, 'fromUpdate' | 'toUpdate' | 'adjustment'>
  & Pick<SegmentResult, 'key' | 'reused' | 'reason' | 'seconds'>;

export interface FolderBefore {
  readonly record: RunRecord;
  readonly curves: Curves;
}

/** null: the run has recorded nothing yet, or its record is not whole, and says nothing that can be gone
 *  by. */
export async function folderBefore(
  { runs }: Pick<Ports, 'runs'>,
  runId: string,
): Promise<FolderBefore | null> {
  const text = await runs.read(runId, 'run.json');
  const record = text === null ? null : (unsealed(text.replace(/\n$/, ''), 2) as RunRecord | null);
  if (record === null || !Array.isArray(record.steps)) return null;
  const [metrics, timings] = await Promise.all(
    ['metrics.jsonl', 'timings.jsonl'].map(async (name) => byTraining((await runs.read(runId, name)) ?? '')),
  );
  const curves = trainingOrder.flatMap((training): [TrainingName, TrainingCurve][] => {
    const steps = record.steps.filter(({ name }) => isSegmentOf(training, name));
    return steps.length === 0
      ? []
      : [[training, { metrics: metrics!.get(training) ?? '', timings: timings!.get(training) ?? '', steps }]];
  });
  return { record, curves: new Map(curves) };
}

/** Whether a step's name is that of a segment: `contrast 20-40`. */
export const isSegmentOf = (training: TrainingName, step: string): boolean =>
  step.startsWith(`${training} `) && /^\d+-\d+$/.test(step.slice(training.length + 1));

/** The lines as they are; what is no line of ours is none of a training's. */
function byTraining(text: string): Map<string, string> {
  const all = new Map<string, string>();
  for (const line of text.split('\n')) {
    const training = trainingIn(line);
    if (training !== null) all.set(training, `${all.get(training) ?? ''}${line}\n`);
  }
  return all;
}

function trainingIn(line: string): string | null {
  try {
    return (JSON.parse(line) as { training?: string } | null)?.training ?? null;
  } catch {
    return null;
  }
}

/** The curve after a segment. What it had from that segment's start on is replaced: a rollback goes back, and
 *  a run that is resumed begins again. */
export function withSegment(
  training: TrainingName,
  before: TrainingCurve | undefined,
  segment: EndedSegment,
  metrics: string,
): TrainingCurve {
  const { fromUpdate } = segment;
  const earlier = (text = '', end: 'update' | 'toUpdate'): string =>
    fromUpdate === 0
      ? ''
      : text
          .split('\n')
          .filter(
            (line) => line !== '' && Number((JSON.parse(line) as Record<string, unknown>)[end]) <= fromUpdate,
          )
          .map((line) => `${line}\n`)
          .join('');
  const { key, reused, reason, seconds } = segment;
  const steps = (before?.steps ?? []).filter(({ name }) => Number(name.split('-').at(-1)) <= fromUpdate);
  return {
    metrics: earlier(before?.metrics, 'update') + metrics,
    timings: earlier(before?.timings, 'toUpdate') + timingLine(training, segment),
    steps: [...steps, { name: segmentName(training, segment), key, reused, reason, seconds }],
  };
}

export type Write = (name: string, content: Uint8Array | string) => Promise<void>;

/** metrics.jsonl, timings.jsonl, and TensorBoard's events of `trainings`. */
export async function writeCurves(
  curves: Curves,
  trainings: Iterable<TrainingName>,
  startedAt: string,
  write: Write,
): Promise<void> {
  const inOrder = trainingOrder.flatMap((training) => curves.get(training) ?? []);
  const started = Date.parse(startedAt) / 1000;
  for (const training of trainings) {
    const { metrics, timings } = curves.get(training)!;
    const segments = parseLines(timings) as unknown as Pick<
      SegmentSummary,
      'fromUpdate' | 'toUpdate' | 'seconds'
    >[];
    await write(
      eventsFile(training, started),
      encodeEvents(started, scalarsOf(segments, parseLines(metrics), started)),
    );
  }
  await write('metrics.jsonl', inOrder.map(({ metrics }) => metrics).join(''));
  await write('timings.jsonl', inOrder.map(({ timings }) => timings).join(''));
}

/** `startedAt`: seconds since 1970. */
export const eventsFile = (name: string, startedAt: number): string =>
  `tensorboard/${name}/events.out.tfevents.${Math.floor(startedAt)}.counterflow`;

/** Steps of a record, with those of the trainings put in their place, in the order that files list them. */
export function stepsWith(steps: readonly RecordedStep[], curves: Curves): RecordedStep[] {
  const isTraining = ({ name }: RecordedStep): boolean =>
    trainingOrder.some((training) => isSegmentOf(training, name));
  const isBefore = ({ name }: RecordedStep): boolean => name === 'prepare' || name === 'initial-flow';
  const others = steps.filter((step) => !isTraining(step));
  return [
    ...others.filter(isBefore),
    ...trainingOrder.flatMap((training) => curves.get(training)?.steps ?? []),
    ...others.filter((step) => !isBefore(step)),
  ];
}

/** The folder of one run has one writer at a time: what a training adds is put to what others have put
 *  there. */
export const oneAtATime = <T>(
  { store, runs }: Pick<Ports, 'store' | 'runs'>,
  runId: string,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> =>
  store.locked(canonicalHash({ curves: runs.path(runId) }), { signal, onProgress: () => undefined }, work);
