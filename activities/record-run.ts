/** Writes what is known of a run into its directory. Every file is replaced whole: writing twice changes nothing. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactRef, RunSnapshot, TrainingName } from './contracts.ts';
import type { Claim, Ports } from './ports.ts';
import { linkedFiles, metricsOf, parseLines, samplesFiles, scalarsOf, timingLines } from './run-files.ts';
import { runRecord, trainingsOf, type MetricsByTraining, type RecordedArtifact } from './run-record.ts';
import { sealed } from './sealed-json.ts';
import { encodeEvents } from './tensorboard.ts';
import type { Life } from './while-alive.ts';

export const recordRun = (ports: Ports, run: RunSnapshot, { attempt }: Life): Promise<void> =>
  ports.runs.claiming(run.request.runId, attempt, (claim) => writeAll(ports, run, claim));

async function writeAll(ports: Ports, run: RunSnapshot, claim: Claim): Promise<void> {
  const { runs, identity } = ports;
  const { runId } = run.request;
  const files = new Map([...linkedFiles(run), ...await samplesIn(ports, run)]);
  for (const [name, ref] of files) await runs.link(runId, name, ref, claim);
  const written: RecordedArtifact[] = [];
  const write: Write = async (name, content) => {
    await runs.write(runId, name, content, claim);
    written.push(described(name, content));
  };
  const metrics = await writeMetrics(ports, run, write);
  await write('timings.jsonl', timingLines(run));
  const record = runRecord(run, await identity.environment(), files, metrics, new Date().toISOString());
  await runs.write(runId, 'run.json', `${sealed({ ...record, files: [...written, ...await reportIn(runs.path(runId))] }, 2)}\n`, claim);
}

/** Those that are still there: a run that is resumed much later does not fail for want of a picture. */
async function samplesIn({ store }: Ports, run: RunSnapshot): Promise<[string, ArtifactRef][]> {
  const files = await Promise.all([...samplesFiles(run)].map(async ([name, ref]) => ({ name, ref, there: await store.has(ref) })));
  return files.flatMap(({ name, ref, there }) => there ? [[name, ref]] : []);
}

type Write = (name: string, content: Uint8Array | string) => Promise<void>;

const described = (name: string, content: Uint8Array | string): RecordedArtifact =>
  ({ name, sha256: createHash('sha256').update(content).digest('hex'), bytes: Buffer.byteLength(content) });

/** It is written by a stage of its own, before the run's last record. */
async function reportIn(folder: string): Promise<RecordedArtifact[]> {
  const report = await readFile(join(folder, 'report.html')).catch(() => null);
  return report === null ? [] : [described('report.html', report)];
}

async function writeMetrics(ports: Ports, run: RunSnapshot, write: Write): Promise<MetricsByTraining> {
  const { startedAt } = run.request;
  const started = Date.parse(startedAt) / 1000;
  const all: string[] = [];
  const byTraining: [TrainingName, ReturnType<typeof parseLines>][] = [];
  for (const result of trainingsOf(run)) {
    const text = await metricsOf(ports, result);
    const lines = parseLines(text);
    all.push(text);
    byTraining.push([result.training, lines]);
    const events = encodeEvents(started, scalarsOf(result, lines, started));
    await write(`tensorboard/${result.training}/events.out.tfevents.${Math.floor(started)}.counterflow`, events);
  }
  await write('metrics.jsonl', all.join(''));
  return new Map(byTraining);
}
