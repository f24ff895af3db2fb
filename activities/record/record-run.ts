/** Writes what is known of a run into its directory. Every file is replaced whole: writing twice changes
 *  nothing. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactRef } from '../contracts/artifact.ts';
import type { TrainingName } from '../contracts/names.ts';
import type { RunSnapshot } from '../contracts/run.ts';
import type { TrainingResult } from '../contracts/training.ts';
import {
  folderBefore,
  oneAtATime,
  stepsWith,
  writeCurves,
  type Curves,
  type TrainingCurve,
  type Write,
} from './curves.ts';
import { divergedEvents } from './diverged-lines.ts';
import { executionsWith } from './executions.ts';
import type { Ports } from '../ports/ports.ts';
import type { Fence } from '../ports/store.ts';
import { filesOfDecisions, linkedFiles, metricsOf, parseLines, timingLine } from './run-files.ts';
import {
  experimentCopy,
  runRecord,
  segmentName,
  trainingsIn,
  type MetricsByTraining,
  type RecordedArtifact,
} from './run-record.ts';
import { sealed } from '../formats/sealed-json.ts';
import type { ActivityScope } from '../step/heartbeat.ts';

export const recordRun = (
  ports: Ports,
  run: RunSnapshot,
  { attempt, signal }: ActivityScope,
): Promise<void> =>
  oneAtATime(ports, run.request.runId, signal, () =>
    ports.runs.claiming(run.request.runId, attempt, (claim) => writeAll(ports, run, claim)),
  );

async function writeAll(ports: Ports, run: RunSnapshot, claim: Fence): Promise<void> {
  const { runs, identity, attendedSince } = ports;
  const { runId, startedAt } = run.request;
  const files = new Map([...linkedFiles(run), ...(await thoseThere(ports, filesOfDecisions(run)))]);
  for (const [name, ref] of files) await runs.link(runId, name, ref, claim);
  const written: RecordedArtifact[] = [];
  const write: Write = async (name, content) => {
    await runs.write(runId, name, content, claim);
    written.push(described(name, content));
  };
  const curves: Curves = new Map([
    ...(await unfinishedCurves(ports, run)),
    ...(await finishedCurves(ports, run)),
  ]);
  await writeCurves(curves, curves.keys(), startedAt, write);
  const { experimentFile } = run.request;
  if (experimentFile) await write(experimentCopy(experimentFile), experimentFile.text);
  for (const { name, content } of await divergedEvents(ports, run)) await write(name, content);
  const metrics: MetricsByTraining = new Map(
    [...curves].map(([training, { metrics: lines }]) => [training, parseLines(lines)]),
  );
  const record = runRecord(run, await identity.environment(), files, metrics, new Date().toISOString());
  const executions = executionsWith((await folderBefore(ports, runId))?.record ?? null, run, {
    now: Date.now(),
    attendedSince,
  });
  const whole = {
    ...record,
    executions,
    steps: stepsWith(record.steps, curves),
    files: [...written, ...(await reportIn(runs.path(runId)))],
  };
  await runs.write(runId, 'run.json', `${sealed(whole, 2)}\n`, claim);
}

/** Those that are still there: a run that is resumed much later does not fail for want of a picture. */
async function thoseThere(
  { store }: Ports,
  refs: ReadonlyMap<string, ArtifactRef>,
): Promise<[string, ArtifactRef][]> {
  const files = await Promise.all(
    [...refs].map(async ([name, ref]) => ({ name, ref, there: await store.has(ref) })),
  );
  return files.flatMap(({ name, ref, there }) => (there ? [[name, ref]] : []));
}

export const described = (name: string, content: Uint8Array | string): RecordedArtifact => ({
  name,
  sha256: createHash('sha256').update(content).digest('hex'),
  bytes: Buffer.byteLength(content),
});

/** It is written by a stage of its own, before the run's last record. */
async function reportIn(folder: string): Promise<RecordedArtifact[]> {
  const report = await readFile(join(folder, 'report.html')).catch(() => null);
  return report === null ? [] : [described('report.html', report)];
}

async function finishedCurves(ports: Ports, run: RunSnapshot): Promise<[TrainingName, TrainingCurve][]> {
  return Promise.all(
    trainingsIn(run).map(async (result): Promise<[TrainingName, TrainingCurve]> => [
      result.training,
      await curveOf(ports, result),
    ]),
  );
}

async function curveOf(ports: Ports, result: TrainingResult): Promise<TrainingCurve> {
  const { training, segments } = result;
  return {
    metrics: await metricsOf(ports, result),
    timings: segments.map((segment) => timingLine(training, segment)).join(''),
    steps: segments.map((segment) => ({
      name: segmentName(training, segment),
      key: segment.key,
      reused: segment.reused,
      reason: segment.reason,
      seconds: segment.seconds,
      ...(segment.failedAttempts && { failedAttempts: segment.failedAttempts }),
    })),
  };
}

/** Of trainings that go on, were interrupted or gave up: as their segments have left them in the folder. */
export async function unfinishedCurves(
  ports: Pick<Ports, 'runs'>,
  { request: { runId, startedAt }, trainings }: RunSnapshot,
): Promise<[TrainingName, TrainingCurve][]> {
  const before = await folderBefore(ports, runId);
  if (before === null || before.record.startedAt !== startedAt) return [];
  return [...before.curves].filter(([training]) => trainings[training] === undefined);
}
