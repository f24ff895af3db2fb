/** The run's report.html, from the record as it stands and the files of its evaluation. */
import type { ArtifactRef } from './contracts/artifact.ts';
import type { RunSnapshot } from './contracts/run.ts';
import { folderBefore } from './record/curves.ts';
import { divergedLines } from './record/diverged-lines.ts';
import { executionsWith } from './record/executions.ts';
import type { Ports } from './ports/ports.ts';
import type { MetricsLine, ReportInput } from './report/contract.ts';
import { renderReport } from './report/render-report.ts';
import { unfinishedCurves } from './record/record-run.ts';
import { linkedFiles, metricsOf, parseLines } from './record/run-files.ts';
import { runRecord, trainingsIn } from './record/run-record.ts';
import { decodeSafetensors, type Safetensors } from './formats/safetensors.ts';
import type { ActivityScope } from './step/heartbeat.ts';

type Figures = Pick<ReportInput, 'densities' | 'samples' | 'images'>;
const datasetPicture = 'dataset.png';

type EvaluationFiles = Readonly<Record<string, ArtifactRef>>;

export async function writeReport(ports: Ports, run: RunSnapshot, { attempt }: ActivityScope): Promise<void> {
  const metricsOfEach = new Map(
    await Promise.all(
      trainingsIn(run).map(
        async (result) => [result.training, parseLines(await metricsOf(ports, result))] as const,
      ),
    ),
  );
  for (const [training, { metrics: lines }] of await unfinishedCurves(ports, run))
    metricsOfEach.set(training, parseLines(lines));
  const files = linkedFiles(run);
  const { runId } = run.request;
  const { attendedSince } = ports;
  const executions = executionsWith((await folderBefore(ports, runId))?.record ?? null, run, {
    now: Date.now(),
    attendedSince,
  });
  const record = runRecord(
    run,
    await ports.identity.environment(),
    files,
    metricsOfEach,
    new Date().toISOString(),
  );
  const metrics = [
    ...metricsOfEach.values(),
    ...(await divergedLines(ports, run)).values(),
  ].flat() as unknown as MetricsLine[];
  const page = await renderReport({
    record: { ...record, executions },
    metrics,
    ...(await figuresOf(ports, { ...run.evaluation?.files, ...pictureIn(files) })),
  });
  await ports.runs.claiming(runId, attempt, (claim) => ports.runs.write(runId, 'report.html', page, claim));
}

/** That of the data set's card. */
function pictureIn(files: ReturnType<typeof linkedFiles>): EvaluationFiles {
  const picture = files.get(datasetPicture);
  return picture === undefined ? {} : { [datasetPicture]: picture };
}

async function figuresOf(ports: Ports, files: EvaluationFiles): Promise<Figures> {
  const densities = await arraysOf(ports, files, 'densities.safetensors');
  const samples = await arraysOf(ports, files, 'samples.safetensors');
  const images = await imagesOf(ports, files);
  return {
    ...(densities && { densities: gridsOf(densities) }),
    ...(samples && { samples: floats(samples) }),
    ...(Object.keys(images).length > 0 && { images }),
  };
}

async function arraysOf({ store }: Ports, files: EvaluationFiles, name: string): Promise<Safetensors | null> {
  const ref = files[name];
  return ref === undefined ? null : decodeSafetensors(await store.get(ref), name);
}

function gridsOf(file: Safetensors): NonNullable<ReportInput['densities']> {
  const { data, ...models } = floats(file);
  return {
    extent: Number(file.metadata['extent']),
    size: Number(file.metadata['size']),
    data: data!,
    models,
  };
}

const floats = ({ arrays }: Safetensors): Record<string, Float32Array> =>
  Object.fromEntries(Object.entries(arrays).map(([name, { values }]) => [name, values as Float32Array]));

/** PNG files, by name without the ending. */
async function imagesOf({ store }: Ports, files: EvaluationFiles): Promise<Record<string, Uint8Array>> {
  const pictures = Object.entries(files).filter(([name]) => name.endsWith('.png'));
  return Object.fromEntries(
    await Promise.all(
      pictures.map(async ([name, ref]) => [name.slice(0, -'.png'.length), await store.get(ref)] as const),
    ),
  );
}
