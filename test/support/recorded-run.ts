/** A small run that has ended, with everything a run leaves: real activities, store and folder, and a compute
 *  that makes its files up. No server. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { Activities } from '../../activities/contracts/activities.ts';
import type { RunStatusName } from '../../activities/contracts/names.ts';
import type { ExperimentFile, RunRequest, RunSnapshot } from '../../activities/contracts/run.ts';
import type { TrainingResult, TrainingSpec } from '../../activities/contracts/training.ts';
import { createActivities } from '../../activities/create-activities.ts';
import type { Compute } from '../../activities/ports/compute.ts';
import type { Identity } from '../../activities/ports/ports.ts';
import { encodeSafetensors } from '../../activities/formats/safetensors.ts';
import type { Layout } from '../../infra/store/layout.ts';
import { LocalRunDirectory } from '../../infra/worker/run-directory.ts';
import { LocalStore } from '../../infra/store/local-store.ts';
import { indexText } from '../../infra/store/history-index.ts';
import { accept, atStart, boundaries, type TrainingState } from '../../workflows/training/segments.ts';
import { smallRequest } from './faults/small-run.ts';
import { historiesFolder } from './saved-histories.ts';

export interface RecordedRun {
  readonly request: RunRequest;
  readonly training: TrainingResult;
}

/** `until`: segments of its contrast that have been computed; all of them and the stages after it where
 *  nothing is said. */
interface Wanted {
  readonly status?: RunStatusName;
  readonly fresh?: boolean;
  readonly set?: readonly string[];
  readonly until?: number;
  /** In which code and on which device. */
  readonly code?: string;
  readonly device?: string;
  /** Of a user's own experiment. */
  readonly experimentFile?: ExperimentFile;
}

/** One run after another in one folder, with the keys a real one would have on this code. */
export async function recordRunIn(
  layout: Layout,
  id: string,
  {
    status = 'completed',
    fresh = true,
    set = [],
    until,
    code = 'code',
    device = 'cpu',
    experimentFile,
  }: Wanted = {},
): Promise<RecordedRun> {
  const request: RunRequest = { ...smallRequest(id, set), fresh, ...(experimentFile && { experimentFile }) };
  const verbs = activitiesOf(layout, `${request.config.seed}`, { code, device });
  const salt = fresh ? id : null;
  await verbs('recordRequest', { request, address: null });
  const prepared = await verbs('prepareDataset', {
    dataset: request.config.dataset,
    dataDir: null,
    seed: request.config.seed,
    salt,
  });
  const { train, test, shape } = prepared;
  const dataset = { train, test, shape };
  const {
    models,
    contrast,
    seed,
    compute: { threads },
  } = request.config;
  const spec: TrainingSpec = {
    training: 'contrast',
    config: contrast,
    models,
    seed,
    threads,
    dataset,
    initialFlow: null,
  };
  const training = await trained(verbs, spec, salt, until);
  const begun: RunSnapshot = {
    request,
    status,
    stages: {},
    decisions: [],
    dataset: prepared,
    trainings: {},
    models: {},
    evaluation: null,
    finishedAt: null,
    failure: null,
  };
  if (until !== undefined) {
    await verbs('recordRun', begun);
    return { request, training };
  }
  const owner = { runId: id, experiment: request.experiment, config: request.config };
  const exported = await verbs('exportModels', {
    training: 'contrast',
    checkpoint: training.checkpoint,
    models,
    shape,
    threads,
    owner,
    salt,
  });
  const evaluation = await verbs('evaluateDensity', {
    evaluation: request.config.evaluation,
    seed,
    threads,
    dataset,
    models: { ebmFce: exported.ebm! },
    samplers: {},
    salt,
    density: 'eight-gaussians',
  });
  await new LocalRunDirectory(layout, new LocalStore(layout)).write(id, 'report.html', '<p>A report.</p>');
  await verbs('recordRun', {
    ...begun,
    trainings: { contrast: training },
    models: { contrast: exported },
    evaluation,
    finishedAt: new Date().toISOString(),
  });
  keepHistory(layout, id);
  return { request, training };
}

type Verbs = <K extends keyof Activities>(
  name: K,
  request: Parameters<Activities[K]>[0],
) => ReturnType<Activities[K]>;

function activitiesOf(
  layout: Layout,
  content: string,
  { code, device }: Record<'code' | 'device', string>,
): Verbs {
  const store = new LocalStore(layout);
  const identity: Identity = {
    codeHash: async () => code,
    native: async () => ({ device }),
    environment: async () => ({}),
  };
  const activities = createActivities({
    store,
    identity,
    compute: { run: madeUp(content), release: async () => undefined },
    runs: new LocalRunDirectory(layout, store),
    scratch: layout.scratch,
  });
  return ((name: keyof Activities, request: never) =>
    new MockActivityEnvironment().run(
      activities[name] as (asked: never) => Promise<unknown>,
      request,
    )) as unknown as Verbs;
}

async function trained(
  verbs: Verbs,
  spec: TrainingSpec,
  salt: string | null,
  until = Infinity,
): Promise<TrainingResult> {
  const cuts = boundaries(spec.config);
  let state: TrainingState = atStart;
  while (state.segments.length < Math.min(until, cuts.length - 1)) {
    const done = state.segments.length;
    const segment = { fromUpdate: cuts[done]!, toUpdate: cuts[done + 1]!, adjustment: state.adjustment };
    state = accept(
      state,
      segment,
      await verbs('trainSegment', {
        spec,
        salt,
        checkpoint: state.segments.at(-1)?.checkpoint ?? null,
        ...segment,
      }),
    );
  }
  const { segments, metrics, weights, last } = state;
  return {
    training: 'contrast',
    checkpoint: segments.at(-1)!.checkpoint,
    metrics,
    weights: weights!,
    last,
    decisions: [],
    seconds: 1,
    updateSeconds: 1,
    segments,
  };
}

/** Other bytes for each job, the same for the same one; `content` sets them apart from those of other
 *  seeds. */
const madeUp = (content: string): Compute['run'] =>
  (async (name: string, job: { toUpdate?: number }, { scratch }: { scratch: string }) => {
    const file = (fileName: string, bytes: Uint8Array | string): string => {
      writeFileSync(join(scratch, fileName), bytes);
      return join(scratch, fileName);
    };
    if (name === 'export-models')
      return {
        flowLogProb: null,
        flowSample: null,
        ebm: file('ebm.onnx', `onnx ${content}`),
        sampler: null,
        features: null,
      };
    if (name === 'evaluate-density')
      return {
        results: { 'mse.ebmFce': 0.5 },
        files: { 'densities.safetensors': file('densities', `densities ${content}`) },
        executionProvider: 'cpu',
      };
    const update = job.toUpdate!;
    const values = (offset: number): Float32Array => Float32Array.from([update, offset, Number(content)]);
    const [ebm, flow] = [values(0.25), values(0.5)];
    const arrays = Object.fromEntries(
      Object.entries({ ebm: ebm, 'ebm.average': ebm, flow: flow, 'flow.average': flow }).map(
        ([key, array]) => [key, { shape: [3], dtype: 'float32' as const, values: array }],
      ),
    );
    const hash = createHash('sha256')
      .update(new Uint8Array(flow.buffer))
      .update(new Uint8Array(ebm.buffer))
      .digest('hex');
    return {
      checkpoint: file('checkpoint.safetensors', encodeSafetensors(arrays)),
      metrics: file('metrics.jsonl', `${JSON.stringify({ training: 'contrast', update, value: -1.25 })}\n`),
      last: { update },
      weights: { raw: hash, averaged: hash },
      updateSeconds: 1,
    };
  }) as unknown as Compute['run'];

/** A golden one, as if the server had told it of this run. */
function keepHistory({ out }: Layout, id: string): void {
  const history = readFileSync(new URL('completed.json', historiesFolder));
  const { events } = JSON.parse(history.toString()) as {
    events: {
      workflowExecutionStartedEventAttributes: { workflowId: string; originalExecutionRunId: string };
    }[];
  };
  const { workflowId, originalExecutionRunId: executionId } =
    events[0]!.workflowExecutionStartedEventAttributes;
  const content = { sha256: createHash('sha256').update(history).digest('hex'), bytes: history.length };
  mkdirSync(join(out, id, 'history'), { recursive: true });
  writeFileSync(join(out, id, 'history', 'completed.json'), history);
  writeFileSync(
    join(out, id, 'history', 'index.json'),
    indexText([
      {
        file: 'completed.json',
        workflowId,
        executionId,
        status: 'COMPLETED',
        startedAt: '2026-01-02T03:04:05.000Z',
        ...content,
      },
    ]),
  );
}
