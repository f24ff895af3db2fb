/** Writes what is known of a run into its directory. Every file is replaced whole: writing twice changes nothing. */
import type { RunSnapshot, TrainingName } from './contracts.ts';
import type { Ports } from './ports.ts';
import { linkedFiles, metricsOf, parseLines, scalarsOf, timingLines } from './run-files.ts';
import { runRecord, trainingsOf, type MetricsByTraining } from './run-record.ts';
import { encodeEvents } from './tensorboard.ts';

export async function recordRun(ports: Ports, run: RunSnapshot): Promise<void> {
  const { runs, identity } = ports;
  const { runId } = run.request;
  const files = linkedFiles(run);
  for (const [name, ref] of files) await runs.link(runId, name, ref);
  const metrics = await writeMetrics(ports, run);
  await runs.write(runId, 'timings.jsonl', timingLines(run));
  const record = runRecord(run, await identity.environment(), files, metrics, new Date().toISOString());
  await runs.write(runId, 'run.json', `${JSON.stringify(record, null, 2)}\n`);
}

async function writeMetrics(ports: Ports, run: RunSnapshot): Promise<MetricsByTraining> {
  const { runId, startedAt } = run.request;
  const started = Date.parse(startedAt) / 1000;
  const all: string[] = [];
  const byTraining: [TrainingName, ReturnType<typeof parseLines>][] = [];
  for (const result of trainingsOf(run)) {
    const text = await metricsOf(ports, result);
    const lines = parseLines(text);
    all.push(text);
    byTraining.push([result.training, lines]);
    const events = encodeEvents(started, scalarsOf(result, lines, started));
    await ports.runs.write(runId, `tensorboard/${result.training}/events.out.tfevents.${Math.floor(started)}.counterflow`, events);
  }
  await ports.runs.write(runId, 'metrics.jsonl', all.join(''));
  return new Map(byTraining);
}
