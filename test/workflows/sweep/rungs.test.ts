import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TrialRung, Settled } from '../../../activities/sweep/contracts.ts';
import { knownTo, samplerSchema } from '../../../models/search/sampler.ts';
import { jobName, nextJob, waitsFor, type SweepPlan } from '../../../workflows/sweep/rungs.ts';

const plan = (changes: Partial<SweepPlan> = {}): SweepPlan => ({
  trials: 9,
  concurrent: 2,
  goal: 'minimise',
  halving: null,
  learning: null,
  ...changes,
});
const halving = (kind: 'synchronous' | 'asynchronous', rungs = 3, keep = 1 / 3): Partial<SweepPlan> => ({
  halving: { kind, rungs, keep },
});
/** Trial 4 is best, then 5 and 3, and so on; trial 8 fails. */
const value = ({ trial }: TrialRung): Settled => (trial === 8 ? null : Math.abs(trial - 4.1));

interface Course {
  readonly begun: string[];
  readonly atOnce: number;
}

/** Goes through a sweep, so many jobs at a time; `ends` says which of those under way ends next. */
function course(
  given: SweepPlan,
  result: (job: TrialRung) => Settled = value,
  ends: (running: readonly TrialRung[]) => number = () => 0,
): Course {
  const settled: Settled[][] = Array.from({ length: given.trials }, () => []);
  const running: TrialRung[] = [];
  const begun: string[] = [];
  let atOnce = 0;
  for (;;) {
    const next =
      running.length >= given.concurrent ? 'wait' : nextJob(given, settled, new Set(running.map(jobName)));
    if (next === 'end') return { begun, atOnce };
    if (next !== 'wait') {
      begun.push(jobName(next));
      running.push(next);
      atOnce = Math.max(atOnce, running.length);
      continue;
    }
    assert.ok(running.length > 0, 'it waits for nothing');
    const [job] = running.splice(ends(running), 1);
    settled[job!.trial]![job!.rung] = result(job!);
  }
}
const atRung = ({ begun }: Course, rung: number): string[] =>
  begun.filter((name) => name.endsWith(`/${rung}`)).map((name) => name.split('/')[0]!);

describe('trials of a sweep', () => {
  test('are each begun once, in their order, so many at once', () => {
    const { begun, atOnce } = course(plan());
    assert.deepEqual(begun, ['0/0', '1/0', '2/0', '3/0', '4/0', '5/0', '6/0', '7/0', '8/0']);
    assert.equal(atOnce, 2);
  });

  test('that have ended are not begun again', () => {
    assert.deepEqual(nextJob(plan({ trials: 3 }), [[1], [null]], new Set()), { trial: 2, rung: 0 });
    assert.equal(nextJob(plan({ trials: 2 }), [[1], [null]], new Set()), 'end');
    assert.equal(nextJob(plan({ trials: 3 }), [[1], [null]], new Set(['2/0'])), 'wait');
  });

  test('wait for those that a learning sampler goes by, as it says itself', () => {
    const sampler = samplerSchema.parse({ kind: 'tpe', startup: 6, window: 4 });
    for (let trial = 0; trial < 40; trial += 1)
      assert.equal(waitsFor({ startup: 6, window: 4 }, trial), knownTo(sampler, trial), `trial ${trial}`);
    const learning = { startup: 2, window: 3 };
    assert.deepEqual(nextJob(plan({ learning, concurrent: 9 }), [[1], [1]], new Set(['2/0'])), 'wait');
    assert.deepEqual(nextJob(plan({ learning, concurrent: 9 }), [[1], [1], [null]], new Set()), {
      trial: 3,
      rung: 0,
    });
    assert.equal(course(plan({ learning, concurrent: 9 })).atOnce, 3);
  });
});

describe('synchronous halving', () => {
  test('takes the best third of a whole rung further, until the last', () => {
    const climbed = course(plan(halving('synchronous')));
    assert.deepEqual(
      [atRung(climbed, 0).length, atRung(climbed, 1), atRung(climbed, 2)],
      [9, ['4', '5', '3'], ['4']],
    );
    assert.deepEqual(climbed.begun.slice(-4), ['4/1', '5/1', '3/1', '4/2'], 'one rung after the other');
  });

  test('takes the same trials further whatever order they end in', () => {
    const sorted = (one: Course): string[] => [...one.begun].sort();
    const undisturbed = course(plan({ ...halving('synchronous'), concurrent: 3 }));
    assert.deepEqual(
      sorted(
        course(plan({ ...halving('synchronous'), concurrent: 3 }), value, (running) => running.length - 1),
      ),
      sorted(undisturbed),
    );
    assert.deepEqual(sorted(course(plan({ ...halving('synchronous'), concurrent: 1 }))), sorted(undisturbed));
  });

  test(
    'takes the largest where that is the goal, of equals the earlier, none that failed, and one at '
      + 'least',
    () => {
      assert.deepEqual(atRung(course(plan({ ...halving('synchronous', 2), goal: 'maximise' })), 1), [
        '0',
        '1',
        '7',
      ]);
      assert.deepEqual(
        atRung(
          course(plan(halving('synchronous', 2)), () => 1),
          1,
        ),
        ['0', '1', '2'],
      );
      assert.deepEqual(
        atRung(
          course(plan(halving('synchronous', 2)), ({ trial }) => (trial === 6 ? 1 : null)),
          1,
        ),
        ['6'],
      );
      assert.deepEqual(atRung(course(plan({ ...halving('synchronous', 2), trials: 2 })), 1), ['1']);
      assert.deepEqual(
        atRung(
          course(plan(halving('synchronous', 2)), () => null),
          1,
        ),
        [],
      );
      assert.equal(
        atRung(course(plan({ ...halving('synchronous', 2), trials: 30, concurrent: 30 })), 1).length,
        10,
      );
    },
  );
});

describe('asynchronous halving', () => {
  test('takes a trial further as soon as it is among the best third of those so far', () => {
    const { begun } = course(plan({ ...halving('asynchronous', 2), concurrent: 1 }));
    assert.deepEqual(begun, [
      '0/0',
      '1/0',
      '2/0',
      '2/1',
      '3/0',
      '3/1',
      '4/0',
      '4/1',
      '5/0',
      '5/1',
      '6/0',
      '7/0',
      '8/0',
    ]);
  });

  test('lets the order of endings decide who goes further', () => {
    const given = plan({ ...halving('asynchronous'), concurrent: 3 });
    assert.notDeepEqual(
      [...course(given).begun].sort(),
      [...course(given, value, (running) => running.length - 1).begun].sort(),
    );
  });

  test('ends with one at the top, also of a few', () => {
    for (const trials of [1, 2, 5])
      assert.ok(
        atRung(course(plan({ ...halving('asynchronous'), trials })), 2).length >= 1,
        `${trials} trials`,
      );
    assert.equal(
      atRung(
        course(plan(halving('asynchronous')), () => null),
        1,
      ).length,
      0,
    );
  });
});
