/** The files of a run's folder: those its record names, and those that nothing names. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, normalize, sep } from 'node:path';
import type { SegmentResult } from '../../activities/contracts/training.ts';
import { requestFile } from '../../activities/record/record-request.ts';
import type { RecordedArtifact, RecordedStep, RunRecord } from '../../activities/record/run-record.ts';
import type { Layout } from '../store/layout.ts';
import type { ActionRecord } from '../store/action-record.ts';
import { compared, contentOf, type Finding } from './finding.ts';
import { rederiveWeights } from './rederive-weights.ts';
import { verifyObject } from './verify-steps.ts';

/** Linked files are artifacts too: both names are looked at, for they need not be one file any more. */
export async function verifyFiles(
  layout: Layout,
  id: string,
  { artifacts = [], files = [], trainings = {}, experimentFile }: Partial<RunRecord>,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const whole = new Set<string>();
  for (const artifact of artifacts) {
    const finding = await verifyNamed(layout, id, artifact);
    if (finding.state === 'ok') whole.add(artifact.name);
    findings.push(finding, await verifyObject(layout, artifact, partOf(artifact.name)));
  }
  for (const file of files) findings.push(await verifyNamed(layout, id, file));
  if (experimentFile)
    findings.push(await verifyNamed(layout, id, { ...experimentFile, name: experimentFile.copy }));
  for (const [training, { weightsSha256 }] of Object.entries(trainings)) {
    const checkpoint = artifacts.find(({ name }) => name === `checkpoints/${training}.safetensors`);
    if (
      checkpoint
      && whole.has(checkpoint.name)
      && (await rederiveWeights(join(layout.out, id, checkpoint.name), checkpoint.sha256, weightsSha256))
        === false
    ) {
      findings.push({
        file: `${id}/${checkpoint.name}`,
        state: 'differs',
        part: `training ${training}`,
        expected: checkpoint,
        found: checkpoint,
        note:
          `the hashes of its weights are not the record's ${weightsSha256.raw} (raw) and `
          + `${weightsSha256.averaged} (averaged)`,
      });
    }
  }
  return findings;
}

async function verifyNamed(
  { out }: Layout,
  id: string,
  { name, sha256, bytes }: RecordedArtifact,
): Promise<Finding> {
  const part = partOf(name);
  if (!isInside(name))
    return {
      file: `${id}/run.json`,
      state: 'differs',
      part,
      expected: null,
      found: null,
      note: `it names a file outside the run's folder: ${JSON.stringify(name.slice(0, 80))}`,
    };
  return compared({ path: join(out, id, name), file: `${id}/${name}`, within: join(out, id) }, part, {
    sha256,
    bytes,
  });
}

const isInside = (name: string): boolean =>
  name !== '' && !name.startsWith(sep) && !normalize(name).startsWith('..');

function partOf(name: string): string {
  const [folder, file = ''] = name.split('/');
  const model = /^(.+?)-(flow-log-prob|flow-sample|ebm|sampler|classifier)\.onnx$/.exec(file)?.[1];
  switch (folder) {
    case 'checkpoints':
      return file === 'initial-flow.safetensors'
        ? 'initial flow'
        : `training ${file.replace(/\.safetensors$/, '')}`;
    case 'onnx':
      return `models of ${model ?? file}`;
    case 'tensorboard':
      return `metrics of ${file}`;
    case 'experiment':
      return 'experiment file';
    case 'evaluation':
      return 'evaluation';
    case 'report.html':
      return 'report';
    case 'metrics.jsonl':
      return 'metrics';
    case 'timings.jsonl':
      return 'timings';
    default:
      return /^dataset\./.test(folder ?? '') ? 'data set' : 'other files';
  }
}

/** metrics.jsonl is made of the metrics of the accepted segments, in the record's order; null where one of
 *  them is not known. */
export async function verifyMetrics(
  { out, objects }: Layout,
  id: string,
  steps: readonly RecordedStep[],
  outputs: ReadonlyMap<string, ActionRecord>,
): Promise<Finding | null> {
  const hash = createHash('sha256');
  let bytes = 0;
  for (const { name } of steps.filter(({ name: step }) => / \d+-\d+$/.test(step))) {
    const output = outputs.get(name)?.output as Pick<SegmentResult, 'metrics'> | undefined;
    const content =
      output
      && (await readFile(join(objects, output.metrics.sha256.slice(0, 2), output.metrics.sha256)).catch(
        () => null,
      ));
    if (!output || !content || createHash('sha256').update(content).digest('hex') !== output.metrics.sha256)
      return null;
    hash.update(content);
    bytes += content.length;
  }
  return compared(
    { path: join(out, id, 'metrics.jsonl'), file: `${id}/metrics.jsonl`, within: join(out, id) },
    'metrics',
    { sha256: hash.digest('hex'), bytes },
  );
}

/** `known`: files that something else has spoken of, as in findings. */
export async function unlistedFiles(
  { out }: Layout,
  id: string,
  known: ReadonlySet<string>,
): Promise<Finding[]> {
  const entries = await readdir(join(out, id), { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name).slice(out.length + 1));
  const unlisted = files.filter((file) => !known.has(file) && file !== `${id}/${requestFile}`).sort();
  return Promise.all(
    unlisted.map(async (file) => {
      const found = await contentOf(join(out, file), join(out, id));
      return {
        file,
        state: 'unlisted' as const,
        part: 'other files',
        expected: null,
        found: found === 'no file' ? null : found,
      };
    }),
  );
}
