/** What a run's folder has of trainings that have no result: curves up to the last finished segment, and the
 *  updates that led to a divergence. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ArtifactRef } from '../../../activities/contracts/artifact.ts';
import type { RunSnapshot } from '../../../activities/contracts/run.ts';
import type { SegmentRequest, SegmentResult } from '../../../activities/contracts/training.ts';
import { divergedText } from '../../../activities/record/diverged-lines.ts';
import { recordRun } from '../../../activities/record/record-run.ts';
import { recordSegment } from '../../../activities/record/record-segment.ts';
import type { RunRecord } from '../../../activities/record/run-record.ts';
import { unsealed } from '../../../activities/formats/sealed-json.ts';
import type { ActivityScope } from '../../../activities/step/heartbeat.ts';
import { requestOf } from '../../workflows/fake-run.ts';
import { calmLife, fakePorts, type FakePorts } from '../fake-ports.ts';

const put = (ports: FakePorts, text: string): Promise<ArtifactRef> => ports.store.put(Buffer.from(text));
const begun: RunSnapshot = {
  request: requestOf('run-1'),
  status: 'running',
  stages: {},
  decisions: [],
  dataset: null,
  trainings: {},
  models: {},
  evaluation: null,
  finishedAt: null,
  failure: null,
};
const text = (ports: FakePorts, name: string): string =>
  Buffer.from(ports.written.get(`run-1/${name}`) ?? []).toString('utf8');
const recordIn = (ports: FakePorts): RunRecord => JSON.parse(text(ports, 'run.json')) as RunRecord;
const updatesIn = (ports: FakePorts): unknown[] =>
  text(ports, 'metrics.jsonl')
    .trimEnd()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { training: string; update: number })
    .map(({ training, update }) => `${training} ${update}`);
const of = (training: string): ActivityScope => ({
  ...calmLife,
  attempt: { ...calmLife.attempt, workflowId: `run-1/${training}` },
});

async function ended(
  ports: FakePorts,
  training: 'contrast' | 'flow-mle',
  fromUpdate: number,
  { mark = 0, life = of(training) } = {},
): Promise<void> {
  const toUpdate = fromUpdate + 10;
  const metrics = await put(
    ports,
    [toUpdate - 5, toUpdate].map((update) => `${JSON.stringify({ training, update, mark })}\n`).join(''),
  );
  const result = {
    metrics,
    key: `${training} ${fromUpdate} ${mark}`,
    reused: false,
    reason: 'first time',
    seconds: 2,
  } as SegmentResult;
  await recordSegment(
    ports,
    {
      spec: { training },
      fromUpdate,
      toUpdate,
      adjustment: { learningRateScale: 1, noiseStream: mark },
    } as SegmentRequest,
    result,
    life,
  );
}

describe('a segment that has ended', () => {
  test('is in the files of its run at once, beside those of other trainings, in the order that files have', async () => {
    const ports = fakePorts();
    await recordRun(ports, begun, calmLife);
    await ended(ports, 'contrast', 0);
    await ended(ports, 'flow-mle', 0);
    await ended(ports, 'contrast', 10);
    assert.deepEqual(updatesIn(ports), [
      'flow-mle 5',
      'flow-mle 10',
      'contrast 5',
      'contrast 10',
      'contrast 15',
      'contrast 20',
    ]);
    assert.deepEqual(
      recordIn(ports).steps.map(({ name }) => name),
      ['flow-mle 0-10', 'contrast 0-10', 'contrast 10-20'],
    );
    assert.deepEqual(
      text(ports, 'timings.jsonl')
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { toUpdate: number }).toUpdate),
      [10, 10, 20],
    );
    assert.deepEqual(
      [...ports.written.keys()].filter((name) => name.includes('tfevents')).map((name) => name.split('/')[2]),
      ['contrast', 'flow-mle'],
    );
  });

  test('leaves a record that is whole, with the hash of every file that changed', async () => {
    const ports = fakePorts();
    await recordRun(ports, begun, calmLife);
    await ended(ports, 'contrast', 0);
    assert.notEqual(unsealed(text(ports, 'run.json').trimEnd(), 2), null);
    const { files } = recordIn(ports);
    assert.deepEqual(files!.map(({ name }) => name.replace(/out\..*/, '')).sort(), [
      'metrics.jsonl',
      'tensorboard/contrast/events.',
      'timings.jsonl',
    ]);
    for (const { name, sha256 } of files!)
      assert.equal((await ports.store.put(ports.written.get(`run-1/${name}`)!)).sha256, sha256, name);
  });

  test('takes the place of what came after its start: after a rollback, and in a run that is resumed', async () => {
    const ports = fakePorts();
    await recordRun(ports, begun, calmLife);
    for (const from of [0, 10, 20]) await ended(ports, 'contrast', from);
    await ended(ports, 'contrast', 10, { mark: 1 });
    assert.deepEqual(updatesIn(ports), ['contrast 5', 'contrast 10', 'contrast 15', 'contrast 20']);
    assert.deepEqual(
      recordIn(ports).steps.map(({ key }) => key),
      ['contrast 0 0', 'contrast 10 1'],
    );
    await ended(ports, 'contrast', 0, { mark: 2 });
    assert.deepEqual(updatesIn(ports), ['contrast 5', 'contrast 10']);
  });

  test(
    'stays in the records that are written later, of the next stage and of the end, however the run '
      + 'ends',
    async () => {
      for (const status of ['running', 'cancelled', 'failed'] as const) {
        const ports = fakePorts();
        await recordRun(ports, begun, calmLife);
        await ended(ports, 'contrast', 0);
        const before = text(ports, 'metrics.jsonl');
        await recordRun(ports, { ...begun, status }, calmLife);
        assert.ok(before !== '' && before === text(ports, 'metrics.jsonl'), status);
        assert.deepEqual(
          [recordIn(ports).status, recordIn(ports).steps.map(({ name }) => name)],
          [status, ['contrast 0-10']],
        );
      }
    },
  );

  test('changes nothing in a run that has ended, of another start, or that it is no part of', async () => {
    const ports = fakePorts();
    await recordRun(ports, { ...begun, status: 'cancelled' }, calmLife);
    await ended(ports, 'contrast', 0);
    assert.deepEqual(updatesIn(ports), []);
    await recordRun(ports, begun, calmLife);
    await ended(ports, 'contrast', 0, { life: calmLife });
    assert.deepEqual(updatesIn(ports), []);
    await ended(ports, 'contrast', 0);
    await recordRun(
      ports,
      { ...begun, request: { ...begun.request, startedAt: '2026-02-03T04:05:06.000Z' } },
      calmLife,
    );
    assert.deepEqual(updatesIn(ports), []);
  });
});

describe('a record', () => {
  test(
    'warns of what is not healthy in a training, one without a result too, and of results that mean '
      + 'nothing',
    async () => {
      const ports = fakePorts();
      await recordRun(ports, begun, calmLife);
      const metrics = await put(
        ports,
        [2, 4, 6, 8, 10]
          .map(
            (update) => `${JSON.stringify({ training: 'contrast', update, value: -1.4e-9, accuracy: 1 })}\n`,
          )
          .join(''),
      );
      const result = {
        metrics,
        key: 'key',
        reused: false,
        reason: 'first time',
        seconds: 2,
      } as SegmentResult;
      const segment = {
        spec: { training: 'contrast' },
        fromUpdate: 0,
        toUpdate: 10,
        adjustment: { learningRateScale: 1, noiseStream: 0 },
      } as SegmentRequest;
      await recordSegment(ports, segment, result, of('contrast'));
      const evaluation = {
        key: 'key',
        reused: false,
        reason: '',
        seconds: 1,
        results: { 'bitsPerDim.flowFce': 'Infinity' },
        files: {},
        executionProvider: 'cpu',
      };
      await recordRun(ports, { ...begun, status: 'failed', evaluation }, calmLife);
      assert.deepEqual(
        recordIn(ports).warnings!.map(({ what, training }) => [what, training]),
        [
          ['saturated', 'contrast'],
          ['not-finite', undefined],
        ],
      );
    },
  );

  test('of a healthy run has an empty list of warnings', async () => {
    const ports = fakePorts();
    await recordRun(ports, begun, calmLife);
    await ended(ports, 'contrast', 0);
    await recordRun(ports, begun, calmLife);
    assert.deepEqual(recordIn(ports).warnings, []);
  });
});

describe('the updates that led to a divergence', () => {
  test('are a file of the run and a curve of their own, and no part of its metrics', async () => {
    const ports = fakePorts();
    const lines = await put(
      ports,
      divergedText(
        [
          { training: 'contrast', update: 3, value: -1 },
          { training: 'contrast', update: 4, value: Number.NaN, gradNorm: Infinity },
        ],
        4,
      ),
    );
    const file = 'diverged/contrast-4-abcdef01.jsonl';
    const details = { rule: 'non-finite', update: 4, file, sha256: lines.sha256, bytes: lines.bytes };
    await recordRun(
      ports,
      {
        ...begun,
        decisions: [
          { at: begun.request.startedAt, what: 'rollback', training: 'contrast', sentence: 'Back.', details },
        ],
      },
      calmLife,
    );
    assert.deepEqual(
      text(ports, file)
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as object),
      [
        { training: 'contrast', update: 3, value: -1, diverged: 4 },
        { training: 'contrast', update: 4, value: 'NaN', gradNorm: 'Infinity', diverged: 4 },
      ],
    );
    assert.equal(text(ports, 'metrics.jsonl'), '');
    assert.equal(
      [...ports.written.keys()].filter((name) => name.includes('tensorboard/contrast-4-abcdef01-diverged/'))
        .length,
      1,
    );
    assert.deepEqual(
      recordIn(ports).artifacts.map(({ name }) => name),
      [file],
    );
  });

  test('are left out where they are gone, or under another name', async () => {
    const ports = fakePorts();
    const gone = { file: 'diverged/contrast-4-abcdef01.jsonl', sha256: 'f'.repeat(64), bytes: 1 };
    const { sha256, bytes } = await put(ports, 'x');
    const decisions = [gone, { file: '../x.jsonl', sha256, bytes }].map((details) => ({
      at: begun.request.startedAt,
      what: 'gave-up' as const,
      sentence: '',
      details,
    }));
    await recordRun(ports, { ...begun, decisions }, calmLife);
    assert.deepEqual(recordIn(ports).artifacts, []);
  });
});
