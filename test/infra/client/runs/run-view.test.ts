import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attemptFailure } from '../../../../infra/client/runs/attempt-failure.ts';
import { plainLine } from '../../../../infra/cli/lines/progress-lines.ts';
import { runView, type ObservedRun, type PendingActivity } from '../../../../infra/client/runs/run-view.ts';
import type { RunStatus } from '../../../../workflows/shared/status.ts';

const about = { runId: 'r', elapsedSeconds: 1, uiUrl: null };
const status: RunStatus = {
  status: 'running',
  stage: 'contrast',
  stages: {},
  decisions: [],
  trainings: { contrast: { update: 500, updates: 1000, last: { value: -1.4 } } },
};
const segment: PendingActivity = {
  activity: 'trainSegment',
  training: 'contrast',
  attempt: 1,
  failure: null,
  progress: {
    phase: 'step',
    training: 'contrast',
    done: 620,
    total: 1000,
    perSecond: 50,
    metrics: { value: -1.38 },
  },
};

function view(observed: Partial<ObservedRun>, previous = null as ReturnType<typeof runView> | null) {
  return runView({ status, activities: [segment], ...observed }, about, previous);
}

test('a training stands where its last heartbeat says', () => {
  const [step] = view({}).steps;
  assert.deepEqual(step, {
    name: 'contrast',
    phase: 'step',
    count: segment.progress,
    perSecond: 50,
    metrics: { value: -1.38 },
    attempt: 1,
    failure: null,
  });
});

test('while its next segment loads, a training stays at the update it has committed, with its metrics', () => {
  const loading = { ...segment, progress: { phase: 'loading', done: 0, total: 3 } as const };
  const [step] = view({ activities: [loading] }).steps;
  assert.equal(step!.count!.done, 500);
  assert.equal(step!.phase, 'loading');
  assert.deepEqual(step!.metrics, { value: -1.4 });
});

test('what was seen stays on show while the workflow does not answer', () => {
  const silent = view({ status: null, activities: [{ ...segment, progress: null }] }, view({}));
  assert.equal(silent.stage, 'contrast');
  assert.equal(silent.steps[0]!.count!.done, 620);
  assert.equal(silent.steps[0]!.phase, 'waiting');
});

test('the last value of a metric that is taken now and then stays', () => {
  const before = view({
    status: {
      ...status,
      trainings: { contrast: { update: 600, updates: 1000, last: { value: -1.4, 'mse.ebm': 0.02 } } },
    },
  });
  assert.deepEqual(view({}, before).steps[0]!.metrics, { value: -1.38, 'mse.ebm': 0.02 });
});

test('a training that waits for cores shows no rate', () => {
  const queued = { ...segment, progress: { phase: 'queued', done: 0, total: 1 } as const };
  assert.equal(view({ activities: [queued] }, view({})).steps[0]!.perSecond, null);
});

test('a training whose worker says nothing any more shows no rate, and for how long it has been so', () => {
  const at = (
    elapsedSeconds: number,
    heardAt: number,
    previous: ReturnType<typeof runView> | null,
    training: string | null = 'contrast',
  ) =>
    runView(
      { status, activities: [{ ...segment, training, isStarted: true, heardAt }] },
      { ...about, elapsedSeconds },
      previous,
    );
  for (const training of ['contrast', null]) {
    // a clock of another machine says nothing
    const first = at(10, 5_000_000, null, training);
    assert.deepEqual([first.steps[0]!.perSecond, first.steps[0]!.silentSeconds], [50, undefined]);
    const silent = at(31, 5_000_000, at(13, 5_000_000, first, training), training);
    assert.deepEqual([silent.steps[0]!.perSecond, silent.steps[0]!.silentSeconds], [null, 21]);
    assert.match(plainLine(silent), /620\/1,000 {2}nothing heard for 21 s/);
    assert.doesNotMatch(plainLine(silent), /\/s|left/);
    assert.equal(at(32, 5_001_000, silent, training).steps[0]!.perSecond, 50);
  }
});

test('a worker that was stopped as planned is no failure of an attempt', () => {
  assert.equal(attemptFailure('Worker is shutting down and this activity did not complete in time'), null);
  assert.equal(attemptFailure('The worker is shutting down: its compute processes are ended.'), null);
  assert.equal(attemptFailure('A compute process died.'), 'A compute process died.');
  assert.equal(attemptFailure(undefined), null);
});

test("trainings keep their order, whatever the server's", () => {
  const flow = { ...segment, training: 'flow-mle' };
  assert.deepEqual(
    view({ activities: [segment, flow] }).steps.map((step) => step.name),
    ['flow-mle', 'contrast'],
  );
  assert.deepEqual(
    view({ activities: [flow, segment] }).steps.map((step) => step.name),
    ['flow-mle', 'contrast'],
  );
});

test('activities of the run itself go by the name of their stage, and keeping the record is not shown', () => {
  const activities = [
    { activity: 'evaluateDensity', training: null, progress: null, attempt: 1, failure: null },
    { activity: 'recordRun', training: null, progress: null, attempt: 1, failure: null },
  ];
  assert.deepEqual(
    view({ activities }).steps.map((step) => step.name),
    ['evaluate'],
  );
});

test('what no worker has waits, and what one has without saying so yet is under way', () => {
  const phases = (isStarted: boolean) =>
    view({
      status: null,
      activities: [
        { ...segment, progress: null, isStarted },
        { ...segment, activity: 'exportModels', training: null, progress: null, isStarted },
      ],
    }).steps.map((step) => step.phase);
  assert.deepEqual(phases(false), ['waiting', 'waiting']);
  assert.deepEqual(phases(true), ['under way', 'under way']);
});
