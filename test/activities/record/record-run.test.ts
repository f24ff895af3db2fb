import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import type { ArtifactRef } from '../../../activities/contracts/artifact.ts';
import type { TrainingName } from '../../../activities/contracts/names.ts';
import type { RunSnapshot } from '../../../activities/contracts/run.ts';
import type { SegmentSummary, TrainingResult } from '../../../activities/contracts/training.ts';
import { recordRun } from '../../../activities/record/record-run.ts';
import { nested, type RunRecord } from '../../../activities/record/run-record.ts';
import { requestOf } from '../../workflows/fake-run.ts';
import { calmLife, fakePorts, type FakePorts } from '../fake-ports.ts';

const put = (ports: FakePorts, text: string): Promise<ArtifactRef> => ports.store.put(Buffer.from(text));
const provenance = { key: 'key', reused: false, reason: 'first time', seconds: 2 };

async function trainingOf(ports: FakePorts, training: TrainingName): Promise<TrainingResult> {
  const segment = async (fromUpdate: number): Promise<SegmentSummary> => ({
    ...provenance,
    fromUpdate,
    toUpdate: fromUpdate + 10,
    adjustment: { learningRateScale: 1, noiseStream: 0 },
    checkpoint: await put(ports, `${training} ${fromUpdate}`),
    updateSeconds: 1.5,
  });
  const line = (update: number): Promise<ArtifactRef> =>
    put(ports, `${JSON.stringify({ training, update, turn: 'ebm', value: -1.25 })}\n`);
  return {
    training,
    checkpoint: await put(ports, `${training} 10`),
    metrics: [await line(10), await line(20)],
    segments: [await segment(0), await segment(10)],
    weights: { raw: `${training} raw`, averaged: `${training} averaged` },
    last: { update: 20, value: -1.25 },
    decisions: [],
    seconds: 4,
    updateSeconds: 3,
  };
}

async function finishedRun(ports: FakePorts): Promise<RunSnapshot> {
  const file = await put(ports, 'file');
  return {
    request: requestOf('run-1'),
    status: 'completed',
    failure: null,
    finishedAt: '2026-01-02T03:05:05.000Z',
    stages: {
      prepare: { startedAt: '2026-01-02T03:04:05.000Z', seconds: 0.5 },
      contrast: { startedAt: '2026-01-02T03:04:06.000Z', seconds: 20 },
      report: { startedAt: '2026-01-02T03:05:04.000Z', seconds: null },
    },
    decisions: [
      {
        at: '2026-01-02T03:04:20.000Z',
        what: 'rollback',
        training: 'contrast',
        sentence: 'Back.',
        details: {},
      },
    ],
    dataset: {
      ...provenance,
      train: file,
      test: file,
      shape: [2],
      trainCount: 10,
      testCount: 5,
      partial: true,
      source: 'pretend',
      card: await put(ports, 'card'),
      picture: await put(ports, 'picture'),
    },
    // in another order than files list them
    trainings: {
      contrast: await trainingOf(ports, 'contrast'),
      'flow-mle': await trainingOf(ports, 'flow-mle'),
    },
    models: {
      contrast: {
        ...provenance,
        name: 'contrast',
        ebm: await put(ports, 'onnx'),
        stamped: { ebm: await put(ports, 'stamped onnx') },
      },
    },
    evaluation: {
      ...provenance,
      results: { 'mse.ebmFce': 0.01, 'mse.flowFce': 0.2, note: 'text' },
      files: { 'densities.safetensors': file },
      executionProvider: 'cpu',
    },
  };
}

async function recorded(): Promise<{ ports: FakePorts; text: (name: string) => string; record: RunRecord }> {
  const ports = fakePorts();
  await recordRun(ports, await finishedRun(ports), calmLife);
  const text = (name: string): string => Buffer.from(ports.written.get(`run-1/${name}`)!).toString('utf8');
  return { ports, text, record: JSON.parse(text('run.json')) as RunRecord };
}

describe('the record of a run', () => {
  test('has what `show --json` promises', async () => {
    const { record } = await recorded();
    assert.deepEqual(
      [record.id, record.experiment, record.status, record.seed, record.partialData],
      ['run-1', 'pretend', 'completed', 1, true],
    );
    assert.deepEqual(record.weightsSha256, { raw: 'contrast raw', averaged: 'contrast averaged' });
    assert.deepEqual(record.timings, { setupS: 1.5, totalS: 60, prepareS: 0.5, contrastS: 20 });
    assert.deepEqual(record.results, { mse: { ebmFce: 0.01, flowFce: 0.2 }, note: 'text' });
    assert.ok(!('initialFlow' in record));
    assert.equal(record.decisions[0]!.sentence, 'Back.');
    assert.equal(record.environment['commit'], 'abc');
    assert.deepEqual(record.trainings['flow-mle']!.weightsSha256, {
      raw: 'flow-mle raw',
      averaged: 'flow-mle averaged',
    });
  });

  test('says which flow the run started from, with the step that read it and the checkpoint in the folder', async () => {
    const ports = fakePorts();
    const [given, checkpoint] = [await put(ports, 'given'), await put(ports, 'checkpoint')];
    await recordRun(
      ports,
      {
        ...(await finishedRun(ports)),
        initialFlow: {
          ...provenance,
          key: 'flow key',
          checkpoint,
          given,
          name: 'flow.pt',
          source: 'pretend',
        },
      },
      calmLife,
    );
    const record = JSON.parse(
      Buffer.from(ports.written.get('run-1/run.json')!).toString('utf8'),
    ) as RunRecord;
    assert.deepEqual(record.initialFlow, {
      name: 'flow.pt',
      source: 'pretend',
      sha256: given.sha256,
      bytes: given.bytes,
    });
    assert.deepEqual(
      record.steps.slice(0, 2).map(({ name, key }) => [name, key]),
      [
        ['prepare', 'key'],
        ['initial-flow', 'flow key'],
      ],
    );
    assert.equal(
      record.artifacts.find(({ name }) => name === 'checkpoints/initial-flow.safetensors')?.sha256,
      checkpoint.sha256,
    );
  });

  test('names the file of an own experiment as it was given, and keeps a copy of it', async () => {
    const ports = fakePorts();
    const run = await finishedRun(ports);
    const text = '\ufeff# Größe\nname: mine\n';
    const sha256 = createHash('sha256').update(text).digest('hex');
    const experimentFile = { path: '../my files/mine.yaml', sha256, text };
    await recordRun(ports, { ...run, request: { ...run.request, experimentFile } }, calmLife);
    const record = JSON.parse(
      Buffer.from(ports.written.get('run-1/run.json')!).toString('utf8'),
    ) as RunRecord;
    const copy = 'experiment/mine.yaml';
    const bytes = Buffer.byteLength(text);
    assert.deepEqual(record.experimentFile, { path: '../my files/mine.yaml', sha256, bytes, copy });
    assert.deepEqual(Buffer.from(ports.written.get(`run-1/${copy}`)!), Buffer.from(text));
    assert.deepEqual(
      record.files!.find(({ name }) => name === copy),
      { name: copy, sha256, bytes },
    );
    assert.ok(!('experimentFile' in (await recorded()).record));
  });

  test('says of every step whether and why it was computed', async () => {
    const { record } = await recorded();
    assert.deepEqual(
      record.steps.map(({ name }) => name),
      [
        'prepare',
        'flow-mle 0-10',
        'flow-mle 10-20',
        'contrast 0-10',
        'contrast 10-20',
        'export contrast',
        'evaluate',
      ],
    );
    assert.ok(record.steps.every(({ reason, reused }) => reason === 'first time' && !reused));
  });

  test('lists every linked file with its hash', async () => {
    const { ports, record } = await recorded();
    assert.deepEqual(
      record.artifacts.map(({ name }) => name),
      [
        'checkpoints/flow-mle.safetensors',
        'checkpoints/contrast.safetensors',
        'onnx/contrast-ebm.onnx',
        'dataset.json',
        'dataset.png',
        'evaluation/densities.safetensors',
      ],
    );
    for (const { name, bytes } of record.artifacts)
      assert.equal(ports.written.get(`run-1/${name}`)!.length, bytes);
  });
});

describe('the files of a run', () => {
  test('hold the metrics of all trainings in one order, each line once and without a clock', async () => {
    const { text } = await recorded();
    const lines = text('metrics.jsonl')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { training: string; update: number });
    assert.deepEqual(
      lines.map(({ training, update }) => [training, update]),
      [
        ['flow-mle', 10],
        ['flow-mle', 20],
        ['contrast', 10],
        ['contrast', 20],
      ],
    );
    assert.deepEqual(Object.keys(lines[0]!), ['training', 'update', 'turn', 'value']);
  });

  test('hold the times apart from the metrics', async () => {
    const { text } = await recorded();
    assert.deepEqual(JSON.parse(text('timings.jsonl').split('\n')[0]!), {
      training: 'flow-mle',
      fromUpdate: 0,
      toUpdate: 10,
      learningRateScale: 1,
      noiseStream: 0,
      seconds: 2,
      reused: false,
      reason: 'first time',
    });
  });

  test('hold TensorBoard events for each training', async () => {
    const { ports } = await recorded();
    const events = [...ports.written.keys()].filter((name) => name.includes('tfevents'));
    assert.deepEqual(
      events.map((name) => name.split('/')[2]),
      ['flow-mle', 'contrast'],
    );
  });

  test('are the same when written twice', async () => {
    const [one, two] = [await recorded(), await recorded()];
    for (const [name, bytes] of one.ports.written) assert.deepEqual(two.ports.written.get(name), bytes, name);
  });
});

test('dotted results become nested ones', () => {
  assert.deepEqual(nested({ 'a.b.c': 1, 'a.b.d': 2, e: 'x' }), { a: { b: { c: 1, d: 2 } }, e: 'x' });
});
