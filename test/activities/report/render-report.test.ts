/** The page as a reader and as a browser see it. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { parseHTML } from 'linkedom';
import { flatten } from '../../../activities/config/dotted.ts';
import { escapeHtml } from '../../../activities/report/html.ts';
import { count } from '../../../activities/report/number-format.ts';
import { renderReport } from '../../../activities/report/render-report.ts';
import { madeUpImageRun, madeUpToyRun } from './made-up-run.ts';

interface Element {
  readonly textContent: string;
  readonly tagName: string;
  getAttribute(name: string): string | null;
  readonly attributes: Iterable<{ readonly name: string; readonly value: string }>;
  querySelectorAll(selector: string): Iterable<Element>;
}

const onePixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const pictures = Object.fromEntries(
  [
    'data',
    'dataset',
    'samples-flowMle',
    'samples-flowFce',
    'temperature-0.7-flowFce',
    'temperature-1-flowFce',
    'interpolation-flowFce',
    'reconstruction-flowFce',
    'neighbours-data',
    'neighbours-flowFce',
  ].map((name) => [name, onePixel]),
);
const pages = { toy: '', images: '' };

function all(page: string, selector: string): Element[] {
  return [...(parseHTML(page).document as unknown as Element).querySelectorAll(selector)];
}

/** Names, not the elements: a failed comparison must not print a whole document. */
function tags(page: string, selector: string): string[] {
  return all(page, selector).map(({ tagName }) => tagName);
}

/** Cells of a table's rows by the text of the row's header. */
function rowsOf(page: string, table: string): Map<string, string[]> {
  return new Map(
    all(page, `${table} tbody tr`).map((row) => [
      [...row.querySelectorAll('th')][0]!.textContent,
      [...row.querySelectorAll('td')].map((cell) => cell.textContent),
    ]),
  );
}

before(async () => {
  pages.toy = await renderReport(madeUpToyRun());
  pages.images = await renderReport(madeUpImageRun(pictures));
});

describe('the report of a run', () => {
  test('prints every value of the record', () => {
    for (const [page, { record }] of [
      [pages.toy, madeUpToyRun()],
      [pages.images, madeUpImageRun({})],
    ] as const) {
      for (const [name, value] of flatten(record).filter(([, value]) => value !== '[]')) {
        const printed =
          typeof value === 'number' ? [String(value), count(value)] : [escapeHtml(String(value))];
        assert.ok(
          printed.some((text) => page.includes(text)),
          `${name}: ${value}`,
        );
      }
    }
  });

  test('says in one line how often the run was interrupted, and what failed on the way', async () => {
    const line = async (...changes: Parameters<typeof madeUpToyRun>): Promise<string | undefined> =>
      all(await renderReport(madeUpToyRun(...changes)), 'section p')
        .map(({ textContent }) => textContent.replace(/\s+/g, ' '))
        .find((text) => text.startsWith('Computed in'));
    const [steps, once] = [
      madeUpToyRun().record.steps!,
      { startedAt: '2026-11-23T18:13:40.000Z', seconds: 65 },
    ];
    assert.equal(await line(), undefined, 'an earlier version did not know');
    assert.equal(
      await line({ executions: [once] }),
      'Computed in one execution (begun 2026-11-23 18:13 UTC), 1 min 5 s of work. No attempt at a step failed.',
    );
    const executions = [
      once,
      { startedAt: '2026-11-24T06:00:00.000Z', seconds: 10 },
      { startedAt: '2026-11-24T07:30:00.000Z', seconds: 600 },
    ];
    assert.equal(
      await line({
        executions,
        steps: [
          { ...steps[0]!, failedAttempts: 1 },
          { ...steps[1]!, failedAttempts: 3 },
        ],
      }),
      'Computed in 3 executions (begun 2026-11-23 18:13 UTC, resumed 2026-11-24 06:00 UTC, '
        + '2026-11-24 07:30 UTC), 11 min 15 s of work. '
        + '4 attempts at steps failed and were made again in the last of them.',
    );
    assert.match(
      (await line({ executions: [once], steps: [{ ...steps[0]!, failedAttempts: 1 }] }))!,
      / 1 attempt at a step failed and was made again\.$/,
    );
  });

  test('lists configuration and results in full precision under their dotted names', () => {
    const listed = rowsOf(pages.toy, '.listing');
    const { config, results } = madeUpToyRun().record;
    for (const [name, value] of [...flatten(config), ...flatten(results)])
      assert.deepEqual(listed.get(name), [String(value)], name);
  });

  test('gives each model of a 2-D run its error and its updates, the lowest error in bold', () => {
    const rows = [...rowsOf(pages.toy, '#results')].map(([name, cells]) => [
      name.split(/Glow,|EBM,/)[0],
      ...cells,
    ]);
    assert.deepEqual(rows, [
      ['Glow-MLE', '0.166', '10,000'],
      ['NCE, N(0, I)', '0.0145', '10,000'],
      ['NCE, matched', '0.00291', '10,000'],
      ['Glow-FCE', '0.427', '3,200 of 10,000'],
      ['EBM-FCE', '0.00964', '6,800 of 10,000'],
    ]);
    assert.deepEqual(
      all(pages.toy, '#results b').map(({ textContent }) => textContent),
      ['Table 1.', '0.00291'],
    );
  });

  test('says in the abstract what the EBM is below and what it is above', () => {
    const [abstract] = all(pages.toy, '.abstract');
    assert.match(
      abstract!.textContent,
      /0\.00964 nats², lower than noise contrastive estimation .*\(0\.0145\) and Glow .*\(0\.166\), but higher than NCE .*\(0\.00291\)/,
    );
  });

  test('names the network of the Fréchet distance, and calls no figure of ours an FID', () => {
    const network =
      /Fréchet distance.*features of resnet20_cifar10, 2,000 samples, against train, 8068 images.*no(t an)? FID/s;
    for (const table of ['#results', '#paper'])
      assert.match(all(pages.images, `${table} .caption`)[0]!.textContent, network);
    assert.match(
      all(pages.images, '#results .caption')[0]!.textContent,
      /Precision and recall: 2,000 images of each set\./,
    );
    assert.deepEqual(
      all(pages.images, '#paper th')
        .map(({ textContent }) => textContent)
        .filter((text) => text.startsWith('This run')),
      ['This run: Fréchet distance'],
    );
  });

  test('calls the distance FID where the results do', async () => {
    const page = await renderReport(
      madeUpImageRun(
        {},
        {
          results: {
            fid: {
              network: 'pt_inception',
              samples: 50_000,
              against: 'train, 50000 images',
              flowMle: 46.2,
              flowFce: 40.1,
            },
          },
        },
      ),
    );
    assert.match(
      all(page, '#paper .caption')[0]!.textContent,
      /This run: FID on .*features of pt_inception, 50,000 samples/s,
    );
    assert.doesNotMatch(
      all(page, '#paper .caption, #results .caption')
        .map(({ textContent }) => textContent)
        .join(),
      /no FID|not an FID/,
    );
    assert.match(
      all(page, '.abstract')[0]!.textContent,
      /the FID of the flow’s samples .* goes from 46\.20 to 40\.10\.$/,
    );
    assert.match(
      all(pages.images, '.abstract')[0]!.textContent,
      /goes from 21\.76 to 20\.97 \(control: 21\.50\).*from 4\.172 to 4\.093 \(control: 4\.120\)\. The control is/,
    );
  });

  test('says which checkpoint a contrast that ended early gave, and how many updates its time was spent on', async () => {
    const { record } = madeUpImageRun({});
    const ended = (result: number) =>
      renderReport(
        madeUpImageRun(
          {},
          {
            trainings: {
              ...record.trainings,
              contrast: { ...record.trainings!.contrast!, updates: result, seconds: 300 },
            },
            decisions: [
              {
                what: 'stopped-early',
                training: 'contrast',
                sentence: 'contrast ended.',
                details: { update: 900, updates: 1500, bestUpdate: result },
              },
            ],
          },
        ),
      );
    const [later, start] = [await ended(600), await ended(0)];
    const sofar = await renderReport(
      madeUpImageRun(
        {},
        {
          until: 900,
          trainings: { ...record.trainings, contrast: { ...record.trainings!.contrast!, updates: 900 } },
        },
      ),
    );
    const abstract = (page: string): string => all(page, '.abstract')[0]!.textContent;
    assert.match(abstract(pages.images), /for 1,500 updates of both players together, with/);
    assert.match(abstract(sofar), /for the first 900 of 1,500 updates of both players together, with/);
    assert.match(
      abstract(later),
      /for 900 of 1,500 updates of both players together \(the result is the checkpoint after 600, whose samples were closest to held-out images\), with/,
    );
    assert.match(
      abstract(start),
      /for 900 of 1,500 updates of both players together \(the result is what it started from: its samples were closest to held-out images\), with/,
    );
    for (const page of [later, start])
      assert.deepEqual(rowsOf(page, '#trainings').get('contrast')!.slice(0, 3), ['900', '5 min 0 s', '3.00']);
    assert.deepEqual(
      rowsOf(start, '#results').get('Glow-FCEGlow, flow contrastive estimation')?.at(-1),
      '0 of 900',
    );
  });

  test('says which file the flow started from, with its hash', async () => {
    const initialFlow = { name: 'flow.pt', source: 'a checkpoint of pretrain', sha256: 'ab'.repeat(32) };
    const { record } = madeUpImageRun({});
    const page = await renderReport(
      madeUpImageRun({}, { initialFlow, config: { ...record.config, pretrain: null } }),
    );
    assert.match(
      all(page, '.abstract')[0]!.textContent,
      /The flow started from flow\.pt \(a checkpoint of pretrain, sha256 abababababab\)\./,
    );
    assert.ok(
      all(page, 'p').some(
        ({ textContent }) =>
          textContent
          === 'FCE began from a flow that was given: flow.pt (a checkpoint of pretrain, sha256 abababababab).',
      ),
    );
    assert.ok(all(page, 'code').some(({ textContent }) => textContent === initialFlow.sha256));
  });

  test('claims no time of the control that it did not have', async () => {
    const { record } = madeUpImageRun({});
    const { contrast, pretrain } = record.trainings!;
    const page = await renderReport(
      madeUpImageRun(
        {},
        {
          trainings: {
            contrast: { ...contrast!, updateSeconds: 390 },
            control: { ...pretrain!, updateSeconds: 130 },
          },
        },
      ),
    );
    assert.match(
      all(page, '.abstract')[0]!.textContent,
      /The control is the same flow after more maximum likelihood, 2 min 10 s of updates where the contrast had 6 min 30 s\.$/,
    );
    assert.match(
      all(pages.images, '.abstract')[0]!.textContent,
      /The control is the same flow after more maximum likelihood\.$/,
    );
    assert.doesNotMatch(page, /for the time of the contrast/);
  });

  test('draws a classifier apart from the contrast, and in its own units', async () => {
    const { metrics, ...rest } = madeUpImageRun({});
    const classifier = [50, 100].map((update) => ({
      training: 'features',
      update,
      loss: 0.4,
      accuracy: 0.9,
    }));
    const titles = all(
      await renderReport({ ...rest, metrics: [...metrics, ...classifier] }),
      '#training-curves .chart-title',
    ).map(({ textContent }) => textContent);
    assert.ok(titles.includes('Accuracy of the classifier (share of labels)'), titles.join());
    assert.ok(titles.includes('Loss (nats)'), titles.join());
  });

  test('has words for every measure of an evaluation', async () => {
    const results = {
      fid: { reference: { flowFce: 40 }, flowFce: 41 },
      kid: { deviation: { flowFce: 0.1 }, flowFce: 0.2 },
      kernel: { deviation: { flowFce: 0.3 } },
      frechet: { reference: { flowFce: 42 } },
    };
    assert.deepEqual(
      [...rowsOf(await renderReport(madeUpImageRun({}, { results })), '#further-results').keys()],
      [
        'FID to the statistics given',
        'Fréchet distance to the statistics given',
        'KID, standard deviation over subsets',
        'Kernel distance, standard deviation over subsets',
      ],
    );
  });

  test("prints the paper's tables whole, with ours beside them under this run's name", () => {
    assert.deepEqual(
      [...rowsOf(pages.images, '#paper')],
      [
        ['VAE', ['35.12', '57.25 R, unconfirmed', '78.41 C', '38.76 R, unconfirmed']],
        ['DCGAN', ['30.44', '21.40 R, unconfirmed', '37.70 R, unconfirmed', '12.50 R, unconfirmed']],
        ['Glow-MLE', ['21.76', '41.70 S', '45.99 S', '23.32 S']],
        ['Glow-MLE, longer', ['21.50', '–', '–', '–']],
        ['Glow-FCE', ['20.97', '20.19 S', '37.30 S', '12.21 S']],
      ],
    );
    assert.deepEqual(rowsOf(pages.images, '#paper-bits').get('EBM-FCE'), [
      '4.055',
      '2.15 C',
      '3.27 C',
      '3.40 R, unconfirmed',
    ]);
    assert.match(
      all(pages.images, '#paper-bits .caption')[0]!.textContent,
      /a part of CIFAR-10 \(8,068 training and 1,017 test images/,
    );
  });

  test("does not call an EBM's bits per dimension the best, for its learned c makes them", () => {
    assert.deepEqual(
      all(pages.images, '#results tbody b').map(({ textContent }) => textContent),
      ['0.500', '4.093', '20.97', '0.0201', '0.391'],
    );
  });

  test(
    'shows how far the learned normaliser is off, and warns only where too few samples carry the '
      + 'estimate',
    async () => {
      const row = ['5120.4121', '5190.4832 ± 0.15', '−70.0711', '41.3', '4.055', '4.088'];
      assert.deepEqual(rowsOf(pages.images, '#normalizers').get('EBM-FCE'), row);
      assert.equal(
        all(pages.images, '.notice').some(({ textContent }) => textContent.includes('means nothing')),
        false,
      );
      for (const effectiveSamples of [9.9, 'NaN']) {
        const normalizers = {
          bitsPerDim: { ebmFce: 4.1, importance: { ebmFce: 4.2 } },
          logNormalizer: { ebmFce: { learned: 1, importance: 2, importanceError: 0.5, effectiveSamples } },
        };
        const page = await renderReport(madeUpImageRun({}, { results: normalizers }));
        assert.equal(
          all(page, '.notice').filter(({ textContent }) =>
            textContent.includes('EBM-FCE’s log Z means nothing'),
          ).length,
          1,
        );
      }
    },
  );

  test('says that there was no control only where there was none', async () => {
    const note = /No control went on with maximum likelihood/;
    assert.doesNotMatch(all(pages.images, '#results .notes')[0]!.textContent, note);
    const page = await renderReport(
      madeUpImageRun({}, { results: { bitsPerDim: { flowMle: 4.2, flowFce: 4.1 } } }),
    );
    assert.match(all(page, '#results .notes')[0]!.textContent, note);
    assert.match(
      all(page, '#results .notes')[0]!.textContent,
      /Not part of this experiment: Glow-MLE, longer; VAE; DCGAN\./,
    );
  });

  test('has a figure for each kind of picture, and a panel for each picture', () => {
    const panels = (figure: string): string[] =>
      all(pages.images, `#${figure} .panel-title`).map(({ textContent }) => textContent);
    assert.deepEqual(panels('sample-grids'), ['Test images', 'Before: Glow-MLE', 'After: Glow-FCE']);
    assert.deepEqual(
      all(pages.images, '#temperatures .strip-title').map(({ textContent }) => textContent),
      ['Glow-FCE'],
    );
    assert.deepEqual(panels('temperatures'), ['at 0.7', 'at 1']);
    assert.deepEqual(
      [panels('interpolation-grids'), panels('reconstruction-grids'), panels('neighbours-grids')],
      [['Glow-FCE'], ['Glow-FCE'], ['Test images', 'Glow-FCE']],
    );
    assert.deepEqual(panels('dataset'), ['Training images']);
    assert.match(
      all(pages.images, '#neighbours-grids figcaption')[0]!.textContent,
      /among 8,068.*test images 31\.22, Glow-FCE 32\.87/s,
    );
  });

  test('draws how far each turn of the flow moved log q', () => {
    assert.match(
      all(pages.images, '#training-curves .chart-title')
        .map(({ textContent }) => textContent)
        .join(),
      /Movement of log q in a turn of the flow \(nats\)/,
    );
  });

  test('marks every recalled figure of the paper as unconfirmed, and no other', () => {
    const cells = all(pages.images, '#paper td, #paper-bits td').map(({ textContent }) => textContent);
    for (const recalled of ['3.35', '3.45', '37.70'])
      assert.ok(cells.includes(`${recalled} R, unconfirmed`), recalled);
    for (const known of ['78.41 C', '45.99 S', '37.30 S', '3.27 C']) assert.ok(cells.includes(known), known);
  });

  test('is the same file for the same input', async () => {
    assert.ok((await renderReport(madeUpToyRun())) === pages.toy);
  });

  test('numbers figures and tables one after the other', () => {
    for (const page of [pages.toy, pages.images]) {
      for (const [selector, word] of [
        ['figcaption b', 'Figure'],
        ['.caption b', 'Table'],
      ] as const) {
        const labels = all(page, selector).map(({ textContent }) => textContent);
        assert.deepEqual(
          labels,
          labels.map((_, i) => `${word} ${i + 1}.`),
        );
      }
    }
  });
});

describe('a report with missing parts', () => {
  test('says which baselines the experiment leaves out', async () => {
    const { record, ...rest } = madeUpToyRun();
    const config = { ...record.config, baselines: { ...record.config.baselines, nceMatched: null } };
    const { ebmNceMatched: _, ...mse } = (record.results as { mse: Record<string, number> }).mse;
    const page = await renderReport({ ...rest, record: { ...record, config, results: { mse } } });
    assert.match(all(page, '#results .notes')[0]!.textContent, /Not part of this experiment: NCE, matched\./);
  });

  test('says of a baseline without figures that its training gave up', async () => {
    const page = await renderReport(
      madeUpToyRun({
        results: { mse: { ebmFce: 0.01 } },
        decisions: [{ what: 'gave-up', training: 'nce-standard', sentence: 'nce-standard gave up.' }],
      }),
    );
    assert.match(
      all(page, '#results .notes')[0]!.textContent,
      /NCE, N\(0, I\) \(its training gave up, see the decisions\)/,
    );
  });

  test('says that its command is not all where a training was told other settings, and only then', async () => {
    const told = (message: string) =>
      renderReport(
        madeUpToyRun({
          decisions: [
            {
              what: 'told',
              training: 'contrast',
              sentence: 'contrast was told something.',
              details: { message, update: 40 },
            },
          ],
        }),
      );
    assert.match(await told('extend'), /told other settings while it went on/);
    assert.doesNotMatch(await told('pause'), /told other settings/);
  });

  test('of a failed run says so first, with the reason, and still has all its sections', async () => {
    const { record } = madeUpToyRun({
      status: 'failed',
      failure: 'contrast gave up at update 4120.',
      failureType: 'GaveUp',
      results: undefined,
      timings: undefined,
      weightsSha256: undefined,
      environment: undefined,
      decisions: undefined,
      command: undefined,
      trainings: undefined,
    });
    const page = await renderReport({ record, metrics: [] });
    assert.match(
      all(page, '.notice')[0]!.textContent,
      /not complete: failed.*contrast gave up at update 4120.*GaveUp/,
    );
    assert.equal(all(page, 'h2').length, all(pages.toy, 'h2').length);
    assert.doesNotMatch(page, /undefined|NaN|\[object/);
  });

  test('warns on top where its figures mean little', async () => {
    const made = madeUpToyRun({
      warnings: [
        { what: 'saturated', sentence: 'contrast: told apart.' },
        { what: 'not-finite', sentence: 'Not finite: <x>.' },
      ],
    });
    const [box, ...others] = all(await renderReport(made), '.notice');
    assert.deepEqual(
      [...box!.querySelectorAll('li')].map(({ textContent }) => textContent),
      ['contrast: told apart.', 'Not finite: <x>.'],
    );
    assert.match(box!.textContent, /Do not trust these figures as they are/);
    assert.equal(others.length, 0);
  });

  test('draws the updates that led to a divergence as a curve of their own, and counts them in no table', async () => {
    const made = madeUpToyRun();
    const lost = [4100, 4120].map((update) => ({
      training: 'contrast',
      update,
      diverged: 4120,
      value: -update,
      'mse.ebm': 1e9,
      flowUpdates: 1,
      ebmUpdates: 1,
    }));
    const page = await renderReport({ ...made, metrics: [...made.metrics, ...lost] });
    assert.ok(
      all(page, '#training-curves .legend li').some(({ textContent }) =>
        textContent.includes('FCE, diverged at 4120'),
      ),
    );
    assert.deepEqual([...rowsOf(page, '#results')], [...rowsOf(pages.toy, '#results')]);
  });

  test('says that data were partial, and only then', () => {
    assert.match(all(pages.images, '.notice')[0]!.textContent, /Partial data/);
    assert.equal(all(pages.toy, '.notice').length, 0);
  });

  test(
    'says how images were prepared, beside the first of them, and what of the data has to be known, at '
      + 'the top',
    async () => {
      const input = madeUpImageRun(pictures);
      const dataset = {
        ...(input.record.dataset as object),
        preprocessing: ['Resized somehow.', 'Cut <sharply>.'],
        notes: ['Left out: 60 pictures.'],
        source: 'images of the folder leaves',
      };
      const page = await renderReport({ ...input, record: { ...input.record, partialData: false, dataset } });
      assert.deepEqual(
        all(page, '.notice').map(({ textContent }) => textContent),
        ['Data. Left out: 60 pictures.'],
      );
      assert.match(
        all(page, '#dataset figcaption')[0]!.textContent,
        /as prepared\. Resized somehow\. Cut <sharply>\.$/,
      );
      const ofFolder = {
        ...input.record.config,
        dataset: {
          kind: 'folder',
          size: 32,
          channels: 'auto',
          heldOut: 0.1,
          kernel: 'pillow-bilinear',
          maxPixels: 1e6,
          onBadImage: 'skip',
        },
      } as const;
      const called = await renderReport({
        ...input,
        record: { ...input.record, partialData: false, dataset, config: ofFolder },
      });
      assert.match(
        all(called, '.abstract')[0]!.textContent,
        /contrastive estimation on images of the folder leaves, for/,
      );
    },
  );

  test('prints a result that is not finite as that, and never in bold', async () => {
    const page = await renderReport(
      madeUpToyRun({ results: { mse: { flowFce: 'Infinity', ebmFce: 0.01 } } }),
    );
    const cells = [...rowsOf(page, '#results').values()].map(([error]) => error);
    assert.deepEqual(cells, ['–', '–', '–', 'not finite', '0.0100']);
    assert.deepEqual(
      all(page, '#results td b').map(({ textContent }) => textContent),
      ['0.0100'],
    );
  });
});

test('a best result is bold where no other equals it as printed, and never where it is zero', async () => {
  const bold = async (mse: Record<string, number>) =>
    all(await renderReport(madeUpToyRun({ results: { mse } })), '#results td b').map(
      ({ textContent }) => textContent,
    );
  assert.deepEqual(await bold({ flowFce: 0.2, ebmFce: 0.1 }), ['0.100']);
  assert.deepEqual(await bold({ flowFce: 0.1, ebmFce: 0.1 }), []);
  assert.deepEqual(await bold({ flowFce: 0.1000001, ebmFce: 0.1 }), []);
  assert.deepEqual(await bold({ flowMle: 0.3, flowFce: 0.1, ebmFce: 0.1 }), []);
  assert.deepEqual(await bold({ flowFce: 0.2, ebmFce: 0 }), []);
});

test('the abstract calls no error lower or higher than one that is printed the same', async () => {
  const [abstract] = all(
    await renderReport(
      madeUpToyRun({ results: { mse: { ebmFce: 0.01, ebmNceMatched: 0.010000001, flowMle: 0.2 } } }),
    ),
    '.abstract',
  );
  assert.match(
    abstract!.textContent,
    /0\.0100 nats², lower than Glow [^,]* \(0\.200\), but equal to NCE against a Gaussian [^,]*\(0\.0100\)\./,
  );
});

describe('the page in a browser', () => {
  test('asks for nothing outside itself', () => {
    for (const page of [pages.toy, pages.images]) {
      assert.deepEqual(tags(page, 'script, link, iframe, object, embed, base'), []);
      for (const element of all(page, '[src], [href], [srcset], [data], [poster], image, use'))
        assert.match(element.getAttribute('src') ?? '', /^data:image\/png;base64,/);
      assert.doesNotMatch(page.replaceAll(/data:image[^"]*/g, ''), /url\(\s*["']?(?!#)|@import|https?:/);
      assert.match(page, /http-equiv="Content-Security-Policy" content="default-src 'none'/);
    }
  });

  test('shows hostile text as text', async () => {
    const hostile = '"><script>alert(1)</script><img src=x onerror=alert(1)>\'${`';
    const { record, metrics } = madeUpToyRun({
      title: hostile,
      id: hostile,
      experiment: hostile,
      startedAt: hostile,
      status: 'failed',
      failure: hostile,
      command: hostile,
      decisions: [
        { what: hostile, training: hostile, sentence: hostile, at: hostile, details: { [hostile]: hostile } },
      ],
      environment: { [hostile]: hostile },
      results: { mse: { [hostile]: 1 }, [hostile]: { ebmFce: 2 } },
      timings: { [hostile]: 1 },
      artifacts: [{ name: hostile, sha256: hostile, bytes: 1 }],
    });
    const named = { [hostile]: new Float32Array(4) };
    const page = await renderReport({
      record,
      metrics: [
        ...metrics,
        { training: hostile, update: 1, [hostile]: 1, value: 1 },
        { training: hostile, update: 2, value: 2 },
      ],
      densities: { extent: 6, size: 2, data: new Float32Array(4), models: named },
      samples: named,
      images: { [hostile]: onePixel },
    });
    assert.deepEqual(tags(page, 'script'), []);
    assert.deepEqual(
      all(page, '*').flatMap(({ attributes }) =>
        [...attributes].map(({ name }) => name).filter((name) => name.startsWith('on')),
      ),
      [],
    );
    assert.equal(all(page, 'h1')[0]!.textContent, hostile);
    assert.ok(all(page, 'img').every((image) => image.getAttribute('src')!.startsWith('data:')));
  });

  test('has words for every picture and headers for every table', () => {
    for (const page of [pages.toy, pages.images]) {
      for (const image of all(page, 'img')) assert.ok((image.getAttribute('alt') ?? '').length > 10);
      for (const drawing of all(page, 'svg'))
        assert.ok(
          drawing.getAttribute('aria-hidden') === 'true'
            || (drawing.getAttribute('aria-label') ?? '').length > 10,
        );
      for (const table of all(page, 'table'))
        assert.ok([...table.querySelectorAll('thead th[scope=col]')].length > 1);
    }
  });

  test('stays below 3 MB with a metrics line for every update', async () => {
    const { metrics, ...rest } = madeUpToyRun();
    const many = metrics.flatMap((line) =>
      Array.from({ length: 50 }, (_, i) => ({ ...line, update: line.update - 49 + i })),
    );
    assert.ok((await renderReport({ ...rest, metrics: many })).length < 3e6);
  });
});
