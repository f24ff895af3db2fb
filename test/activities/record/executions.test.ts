/** How long a run was worked on: closed forms of made-up courses, and what records of runs and segments keep
 *  of it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Decision } from '../../../activities/contracts/decision.ts';
import type { StageName, TrainingName } from '../../../activities/contracts/names.ts';
import type { RunSnapshot } from '../../../activities/contracts/run.ts';
import type {
  SegmentRequest,
  SegmentResult,
  TrainingResult,
} from '../../../activities/contracts/training.ts';
import { executionsAfter, executionsWith, type Earlier } from '../../../activities/record/executions.ts';
import { recordRun } from '../../../activities/record/record-run.ts';
import { recordSegment } from '../../../activities/record/record-segment.ts';
import type { RunRecord } from '../../../activities/record/run-record.ts';
import { requestOf } from '../../workflows/fake-run.ts';
import { calmLife, fakePorts } from '../fake-ports.ts';

const origin = Date.parse('2026-01-02T03:00:00.000Z');
/** So many seconds after the run was asked for. */
const at = (seconds: number): string => new Date(origin + 1000 * seconds).toISOString();
const ms = (seconds: number): number => origin + 1000 * seconds;

interface Course {
  readonly begun: number;
  readonly resumed?: number;
  readonly open?: readonly StageName[];
  readonly ended?: number;
  readonly told?: readonly Decision[];
  readonly trained?: readonly TrainingName[];
  readonly changes?: object;
}

function snapshot({
  begun,
  resumed,
  open = ['contrast'],
  ended,
  told = [],
  trained = [],
  changes,
}: Course): RunSnapshot {
  const request = {
    ...requestOf('run-1'),
    startedAt: at(0),
    ...(resumed !== undefined && { resumedAt: at(resumed) }),
    ...changes,
  };
  const stages = {
    prepare: { startedAt: at(begun), seconds: 1 },
    ...Object.fromEntries(open.map((name) => [name, { startedAt: at(begun + 1), seconds: null }])),
  };
  const decisions = [
    ...(resumed === undefined
      ? []
      : [{ at: at(resumed), what: 'resumed' as const, sentence: '', details: {} }]),
    ...told,
  ];
  return {
    request,
    status: ended === undefined ? 'running' : 'completed',
    stages,
    decisions,
    dataset: null,
    models: {},
    evaluation: null,
    failure: null,
    trainings: Object.fromEntries(trained.map((name) => [name, {} as TrainingResult])),
    finishedAt: ended === undefined ? null : at(ended),
  };
}

const told = (training: TrainingName, message: 'pause' | 'resume', number = 1): Decision => ({
  at: at(0),
  what: 'told',
  training,
  sentence: '',
  details: { message, number, update: 0, rollbacks: 0 },
});

/** Records one after another, each at its second. */
function recorded(
  records: readonly (readonly [second: number, run: RunSnapshot, attendedSince?: number])[],
  first: Earlier = null,
): RunRecord['executions'] {
  return records.reduce<Earlier>(
    (before, [second, run, attendedSince]) => ({
      startedAt: run.request.startedAt,
      executions: executionsWith(before, run, {
        now: ms(second),
        ...(attendedSince !== undefined && { attendedSince: ms(attendedSince) }),
      }),
    }),
    first,
  )!.executions;
}
const secondsOf = (executions: RunRecord['executions']): number[] =>
  executions!.map(({ seconds }) => seconds);

describe('the time that a run was worked on', () => {
  test('is wall time from its first stage to its end, waiting for cores included', () => {
    const run = recorded([
      [0, snapshot({ begun: 0 })],
      [50, snapshot({ begun: 0 })],
      [170, snapshot({ begun: 0, ended: 168.3 })],
      [999, snapshot({ begun: 0, ended: 168.3 })],
    ]);
    assert.deepEqual(run, [{ startedAt: at(0), seconds: 168.3, lastAt: at(168.3) }]);
  });

  test('has what earlier executions did, up to their last record, and nothing of the night between', () => {
    const [first, second] = [
      snapshot({ begun: 0, changes: { until: 5 } }),
      (ended?: number) => snapshot({ begun: 36_001, resumed: 36_000, ...(ended !== undefined && { ended }) }),
    ];
    const run = recorded([
      [0, first],
      [100, first],
      [36_001, second()],
      [36_006, second(36_006)],
    ]);
    assert.deepEqual(
      run!.map(({ startedAt, until, seconds }) => [startedAt, until, seconds]),
      [
        [at(0), 5, 100],
        [at(36_001), undefined, 5],
      ],
    );
  });

  test(
    'has no hours of an execution in which no worker was there, and all of one that another worker '
      + 'takes over at once',
    () => {
      const run = snapshot({ begun: 0 });
      assert.deepEqual(
        secondsOf(
          recorded([
            [0, run, -5],
            [100, run, -5],
            [36_060, run, 36_000],
          ]),
        ),
        [160],
      );
      assert.deepEqual(
        secondsOf(
          recorded([
            [0, run, -5],
            [100, run, -5],
            [160, run, -5],
          ]),
        ),
        [160],
      );
      assert.deepEqual(
        secondsOf(
          recorded([
            [0, run],
            [36_000, run],
          ]),
        ),
        [36_000],
        'where it is not known who was there every hour counts',
      );
    },
  );

  test('has no pause of all trainings under way, and the pause of one beside another that goes on', () => {
    const paused = [told('contrast', 'pause')];
    const resumed = [...paused, told('contrast', 'resume', 2)];
    const course = (open: readonly StageName[], trained: readonly TrainingName[] = []): number[] =>
      secondsOf(
        recorded([
          [0, snapshot({ begun: 0, open })],
          [20, snapshot({ begun: 0, open, told: paused, trained })],
          [5020, snapshot({ begun: 0, open, told: resumed, trained })],
          [5050, snapshot({ begun: 0, open, told: resumed, trained, ended: 5050 })],
        ]),
      );
    assert.deepEqual(course(['contrast']), [50]);
    assert.deepEqual(course(['baselines', 'contrast']), [5050]);
    assert.deepEqual(course(['contrast', 'features']), [5050]);
    assert.deepEqual(
      course(['contrast', 'features'], ['features']),
      [50],
      'one that has its result is not under way',
    );
    assert.deepEqual(course(['contrast', 'evaluate']), [5050]);
  });

  test('has the seconds of a segment that ended while all were thought to hold', () => {
    const held = executionsWith(null, snapshot({ begun: 0, told: [told('contrast', 'pause')] }), {
      now: ms(0),
    });
    assert.deepEqual(secondsOf(executionsAfter(held, 30, { now: ms(500) })), [30]);
    assert.deepEqual(
      secondsOf(
        executionsAfter(
          held.map(({ held: _, ...one }) => one),
          30,
          { now: ms(500) },
        ),
      ),
      [500],
    );
  });

  test('is not that of another run under its id, nor of what is computed only to be measured', () => {
    const before = { startedAt: at(-9), executions: [{ startedAt: at(-9), seconds: 7, lastAt: at(-2) }] };
    assert.deepEqual(secondsOf(recorded([[10, snapshot({ begun: 0 })]], before)), [10]);
    const own = { ...before, startedAt: at(0) };
    assert.deepEqual(
      recorded([[10, snapshot({ begun: 0, changes: { contrastAnew: true } })]], own),
      own.executions,
    );
  });

  test('begins with the total of the last execution in a record of an earlier version', () => {
    const before = { startedAt: at(0), timings: { setupS: 0, totalS: 100 }, decisions: [] };
    assert.deepEqual(secondsOf(recorded([[910, snapshot({ begun: 901, resumed: 900 })]], before)), [100, 9]);
    assert.deepEqual(
      secondsOf(recorded([[160, snapshot({ begun: 1 })]], before)),
      [160],
      'the same execution goes on',
    );
  });
});

test('records of a run and of its segments keep it, in one piece', async () => {
  const ports = fakePorts();
  const record = (): RunRecord =>
    JSON.parse(Buffer.from(ports.written.get('run-1/run.json')!).toString('utf8')) as RunRecord;
  const begun = new Date(Date.now() - 60_000).toISOString();
  const run: RunSnapshot = {
    ...snapshot({ begun: 0 }),
    stages: { contrast: { startedAt: begun, seconds: null } },
  };
  await recordRun({ ...ports, attendedSince: Date.now() - 20_000 }, run, calmLife);
  const near = (seconds: number): void =>
    assert.ok(
      Math.abs(record().executions![0]!.seconds - seconds) < 5,
      `${JSON.stringify(record().executions)} is not about ${seconds} s`,
    );
  near(20);
  const metrics = await ports.store.put(Buffer.from(''));
  const segment = {
    spec: { training: 'contrast' },
    fromUpdate: 0,
    toUpdate: 10,
    adjustment: { learningRateScale: 1, noiseStream: 0 },
  } as SegmentRequest;
  const life = { ...calmLife, attempt: { ...calmLife.attempt, workflowId: 'run-1/contrast' } };
  const { lastAt } = record().executions![0]!;
  await recordSegment(
    ports,
    segment,
    { metrics, key: 'k', reused: false, reason: '', seconds: 1 } as SegmentResult,
    life,
  );
  assert.ok(record().executions![0]!.lastAt >= lastAt);
  assert.equal(record().steps.length, 1);
  await recordRun(ports, { ...run, status: 'completed', finishedAt: new Date().toISOString() }, calmLife);
  near(20);
  assert.equal(record().executions!.length, 1);
});
