import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { budgetsOf, unequalIn } from '../../../activities/report/budgets.ts';
import type { ReportRecord } from '../../../activities/report/contract.ts';
import { renderReport } from '../../../activities/report/render-report.ts';
import { colorsFor } from '../../../infra/cli/lines/colors.ts';
import { recordLines } from '../../../infra/cli/lines/record-lines.ts';
import type { StoredRecord } from '../../../infra/client/records/run-records.ts';
import { madeUpImageRun, madeUpToyRun } from './made-up-run.ts';

const toy = madeUpToyRun().record;
const images = madeUpImageRun({}).record;

/** The made-up run with other updates of some trainings, as made; they were configured to 10,000. */
function made(updates: Readonly<Record<string, number>>): ReportRecord {
  const trainings = Object.entries(toy.trainings!).map(([name, one]) => [
    name,
    { ...one, updates: updates[name] ?? one.updates },
  ]);
  return { ...toy, trainings: Object.fromEntries(trainings) as NonNullable<ReportRecord['trainings']> };
}

describe('budgets', () => {
  test('that are equal are no matter, whatever their batches', () => {
    assert.deepEqual(budgetsOf(toy), {
      equal: true,
      sentence: null,
      control: null,
      trainings: ['flow-mle', 'nce-standard', 'nce-matched', 'contrast'].map((training) => ({
        training,
        updates: 10_000,
        batchSize: 1000,
        before: null,
      })),
    });
    const { contrast } = toy.config;
    const halved = { ...toy.config, contrast: { ...contrast, batchSize: 500, updates: 20_000 } };
    assert.equal(
      budgetsOf({ ...made({ contrast: 20_000 }), config: halved })!.sentence,
      null,
      'as many examples',
    );
    assert.match(
      budgetsOf({ ...toy, config: { ...toy.config, contrast: { ...contrast, batchSize: 500 } } })!.sentence!,
      /FCE: 10,000 updates of 500\.$/,
    );
  });

  test(
    'of a contrast that was shortened alone, stopped on its way or told to make more are said to '
      + 'differ, by what was made',
    () => {
      for (const updates of [2000, 12_500]) {
        assert.equal(
          budgetsOf(made({ contrast: updates }))!.sentence,
          'Budgets differ. Glow-MLE: 10,000 updates of 1,000; NCE, N(0, I): 10,000 updates of 1,000; '
            + `NCE, matched: 10,000 updates of 1,000; FCE: ${updates === 2000 ? '2,000' : '12,500'} `
            + 'updates of 1,000.',
        );
      }
      assert.match(
        budgetsOf(made({ 'nce-matched': 15_000 }))!.sentence!,
        /NCE, matched: 15,000 updates of 1,000; FCE: 10,000 updates/,
      );
    },
  );

  test('of a contrast that ended early are all the updates it made, not those of its result', () => {
    const decisions = [
      {
        what: 'stopped-early',
        training: 'contrast',
        sentence: '',
        details: { update: 900, updates: 10_000, bestUpdate: 600 },
      },
    ];
    assert.match(
      budgetsOf({ ...made({ contrast: 600 }), decisions })!.sentence!,
      /FCE: 900 updates of 1,000\.$/,
    );
  });

  test(
    'have what came before them: a contrast has its pretraining, one from a given flow nobody knows '
      + 'what',
    () => {
      assert.deepEqual(budgetsOf(images), {
        equal: false,
        sentence:
          'Budgets differ. Glow, pretraining: 4,000 updates of 64; FCE: 1,500 updates of 64, after '
          + '4,000 updates of 64 by maximum likelihood.',
        trainings: [
          { training: 'pretrain', updates: 4000, batchSize: 64, before: null },
          { training: 'contrast', updates: 1500, batchSize: 64, before: { updates: 4000, batchSize: 64 } },
        ],
        control: null,
      });
      const initialFlow = { name: 'flow.pt', source: 'a checkpoint', sha256: 'ab'.repeat(32) };
      const { trainings: { contrast } = {} } = images;
      const control = { ...images.config.pretrain!, updates: 1500 };
      const given = budgetsOf({
        ...images,
        initialFlow,
        trainings: { contrast: contrast!, control: contrast! },
        config: { ...images.config, pretrain: null, baselines: { ...images.config.baselines, control } },
      });
      assert.equal(given!.equal, false, 'what is not known is not called equal');
      assert.equal(
        given!.sentence,
        'Budgets differ. Glow, control: 1,500 updates of 64, from a flow that was given, whose own '
          + 'training is not known; '
          + 'FCE: 1,500 updates of 64, from a flow that was given, whose own training is not known.',
      );
    },
  );

  test('of a control are its time too: the same to a tenth, or not, and then that is said', () => {
    const { contrast } = images.trainings!;
    const timed = (seconds: number) =>
      budgetsOf({
        ...images,
        trainings: {
          ...images.trainings,
          contrast: { ...contrast!, updateSeconds: 200 },
          control: { ...contrast!, updateSeconds: seconds },
        },
      })!;
    for (const [seconds, alike, sentence] of [
      [185, true, /took 3 min 5 s, 0\.93 of the 3 min 20 s of the contrast: the same within 10 %\.$/],
      [260, false, /took 4 min 20 s, 1\.30 of the 3 min 20 s of the contrast: not the same within 10 %/],
    ] as const) {
      const budgets = timed(seconds);
      assert.equal(budgets.control!.alike, alike);
      assert.match(budgets.control!.sentence, sentence);
      assert.equal(unequalIn(budgets).includes(budgets.control!.sentence), !alike);
    }
  });

  test('leave out a training that gave up, and are none without a contrast', () => {
    const { contrast, 'flow-mle': mle } = toy.trainings!;
    assert.deepEqual(
      budgetsOf({ ...toy, trainings: { contrast: contrast!, 'flow-mle': mle! } })!.trainings.map(
        ({ training }) => training,
      ),
      ['flow-mle', 'contrast'],
    );
    assert.equal(budgetsOf({ ...toy, trainings: { 'flow-mle': mle! } }), null);
  });

  test('of a record without trainings, of the first version, are those it was configured to', () => {
    const { trainings: _, ...before } = toy;
    assert.deepEqual(budgetsOf(before), budgetsOf(toy));
  });
});

describe('unequal budgets are said', () => {
  const sentence =
    'Budgets differ. Glow-MLE: 10,000 updates of 1,000; NCE, N(0, I): 10,000 updates of 1,000; NCE, '
    + 'matched: 10,000 updates of 1,000; FCE: 2,000 updates of 1,000.';

  test('in the abstract and under the table of results, and nowhere where they are equal', async () => {
    const page = await renderReport(madeUpToyRun(made({ contrast: 2000 })));
    assert.equal(page.split(sentence).length - 1, 2);
    assert.match(page, /class="abstract">.*Budgets differ\. .*On held-out points/);
    assert.doesNotMatch(await renderReport(madeUpToyRun()), /Budgets differ/);
  });

  test('by a table that counts the updates a baseline made, not those it was to make', async () => {
    assert.match(await renderReport(madeUpToyRun(made({ 'nce-matched': 15_000 }))), /<td[^>]*>15,000<\/td>/);
  });

  test('under the results in the terminal, of records of earlier versions too', () => {
    const shown = (record: ReportRecord): string =>
      recordLines({ ...record, weightsSha256: null } as StoredRecord, '/runs/x', false, colorsFor({})).join(
        '\n',
      );
    assert.ok(shown(made({ contrast: 2000 })).includes(`  ${sentence}`));
    assert.doesNotMatch(shown(toy), /Budgets differ/);
  });
});
