/** Adds a segment to the files of its run once it has ended: curves reach there, whatever becomes of the
 *  run. */
import type { TrainingName } from '../contracts/names.ts';
import type { SegmentRequest, SegmentResult } from '../contracts/training.ts';
import { folderBefore, oneAtATime, stepsWith, withSegment, writeCurves } from './curves.ts';
import { executionsAfter } from './executions.ts';
import type { Ports } from '../ports/ports.ts';
import { described } from './record-run.ts';
import type { RecordedArtifact } from './run-record.ts';
import { sealed } from '../formats/sealed-json.ts';
import type { ActivityScope } from '../step/heartbeat.ts';

type Ended = Pick<SegmentRequest, 'spec' | 'fromUpdate' | 'toUpdate' | 'adjustment'>;

/** Returns the training's lines of metrics up to there. Does nothing where the run has no record that goes
 *  on, or has the training's result already: null. */
export async function recordSegment(
  ports: Ports,
  segment: Ended,
  result: SegmentResult,
  { attempt, signal }: Pick<ActivityScope, 'attempt' | 'signal'>,
): Promise<string | null> {
  const { training } = segment.spec;
  const runId = runOf(attempt.workflowId, training);
  if (runId === null) return null;
  return oneAtATime(ports, runId, signal, async () => {
    const before = await folderBefore(ports, runId);
    if (
      before === null
      || before.record.status !== 'running'
      || before.record.trainings?.[training] !== undefined
    )
      return null;
    const text = Buffer.from(await ports.store.get(result.metrics)).toString('utf8');
    const curve = withSegment(training, before.curves.get(training), { ...result, ...segment }, text);
    const curves = new Map([...before.curves, [training, curve]]);
    await ports.runs.claiming(runId, { ...attempt, activity: 'recordSegment' }, async (claim) => {
      const written: RecordedArtifact[] = [];
      await writeCurves(curves, [training], before.record.startedAt, async (name, content) => {
        await ports.runs.write(runId, name, content, claim);
        written.push(described(name, content));
      });
      const kept = (before.record.files ?? []).filter(
        ({ name }) => !written.some((one) => one.name === name),
      );
      const { executions } = before.record;
      const on = executions && {
        executions: executionsAfter(executions, result.seconds, {
          now: Date.now(),
          attendedSince: ports.attendedSince,
        }),
      };
      const record = {
        ...before.record,
        ...on,
        steps: stepsWith(before.record.steps, curves),
        files: [...kept, ...written],
      };
      await ports.runs.write(runId, 'run.json', `${sealed(record, 2)}\n`, claim);
    });
    return curve.metrics;
  });
}

/** A training is a child workflow of its run, named after both; null for any other workflow. */
function runOf(workflowId: string, training: TrainingName): string | null {
  const own = `/${training}`;
  return workflowId.endsWith(own) && workflowId.length > own.length ? workflowId.slice(0, -own.length) : null;
}
