/** The local page as wide as a phone, in a real browser, of runs and sweeps whose ids are as long as they
 *  become. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { SweepRecord } from '../../../activities/sweep/contracts.ts';
import { sweepText } from '../../../activities/sweep/sweep-record.ts';
import { layoutOf } from '../../../infra/store/layout.ts';
import { startUi, type Ui } from '../../../infra/ui/start-ui.ts';
import { noBrowser, openBrowser } from '../../support/browser.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { recordRunIn } from '../../support/recorded-run.ts';
import { sweptFolder } from '../../support/swept-folder.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const out = join(temporaryFolder('phone'), 'runs');
const startedAt = '2026-11-01T09:00:00.000Z';
const sweeps = ['learning-rates-and-threshold-s1-20261130-072635-0302', 'small-s1-20261130-072635-0302'];
const runs = Array.from({ length: 12 }, (_, i) =>
  i % 3 === 0
    ? `eight-gaussians-s${i}-20261130-073031-9280`
    : `${sweeps[0]}-${String(i).padStart(2, '0')}c092a67f96`,
);

function writeFolder(): void {
  for (const [i, id] of runs.entries()) {
    const record =
      i === 1
        ? { status: 'failed', failure: 'It diverged.' }
        : { status: 'completed', results: { mse: { ebmFce: 0.00212 + i, flowFce: 0.369 } } };
    mkdirSync(join(out, id), { recursive: true });
    writeFileSync(
      join(out, id, 'run.json'),
      JSON.stringify({ id, experiment: 'eight-gaussians', seed: i, startedAt, ...record }),
    );
  }
  for (const id of sweeps) {
    const record = sweptFolder(out, id);
    const sweep = { ...record.sweep, base: { ...record.sweep.base, startedAt } };
    writeFileSync(join(out, id, 'sweep.json'), sweepText({ ...record, sweep } as SweepRecord));
  }
}

interface Box {
  readonly text: string;
  readonly lines: number;
}

/** Rows of the tables and ids in them, by how many lines of text high they are. */
const linesOf = (page: Page, selector: string): Promise<Box[]> =>
  page.evaluate<Box[]>(`[...document.querySelectorAll(${JSON.stringify(selector)})].map((node) =>
  ({ text: node.textContent, lines: Math.floor(node.getBoundingClientRect().height / parseFloat(getComputedStyle(node).lineHeight)) }))`);

describe('the local page on a phone', { skip: noBrowser, concurrency: false, timeout: 120_000 }, () => {
  let ui: Ui;
  let browser: Browser;
  let page: Page;
  const refused: string[] = [];

  before(async () => {
    writeFolder();
    ui = await startUi(out, { local: true }, 0);
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 390, height: 844 }, bypassCSP: true });
    page.on('response', (response) => {
      if (response.status() >= 400) refused.push(response.url());
    });
  });
  after(async () => {
    await browser.close();
    await ui.close();
  });

  test('lists each run in three lines, its id in one, and its result', async () => {
    await page.goto(ui.url);
    const rows = await linesOf(page, '[aria-label^="Runs"] tbody tr');
    assert.equal(rows.length, runs.length);
    // with the space between two of them
    assert.deepEqual(
      rows.filter(({ lines }) => lines > 4),
      [],
    );
    assert.equal(rows.filter(({ text }) => /mse\.ebmFce \d/.test(text)).length, runs.length - 1);
    assert.deepEqual(
      (await linesOf(page, 'tbody th a')).filter(({ lines }) => lines > 1),
      [],
    );
    assert.ok(
      (await page.evaluate<number>(
        'document.querySelector(\'[aria-label^="Runs"]\').getBoundingClientRect().height',
      )) < 1200,
    );
  });

  test('tells ids apart that have no room, by their ends, and names them whole', async () => {
    const { width, title } = await page.evaluate<{
      width: number;
      title: string;
    }>(`(({ title, lastElementChild }) =>
      ({ title, width: lastElementChild.getBoundingClientRect().right }))(document.querySelector('[aria-label^="Runs"] .id'))`);
    assert.ok(width <= 390, String(width));
    assert.ok(runs.includes(title));
    await page.getByRole('link', { name: title, exact: true }).waitFor();
  });

  test('shows what of a run is kept and what its trainings were given, on a desktop as on a phone', async () => {
    await recordRunIn(layoutOf(out), 'whole-run');
    for (const width of [390, 1280]) {
      await page.setViewportSize({ width, height: 844 });
      await page.goto(`${ui.url}runs/whole-run`);
      for (const name of ['Kept on the disk', 'Budgets']) {
        const table = page.getByRole('region', { name });
        const box = (await table.boundingBox())!;
        assert.ok(box.x >= 0 && box.x + box.width <= width, `${name} at ${width}: ${JSON.stringify(box)}`);
        // a row of labels is for the eye only where there is room for columns
        assert.equal(
          ((await table.locator('thead').boundingBox())?.height ?? 0) > 5,
          width > 700,
          `${name} at ${width}`,
        );
      }
      const rows = (
        await page.getByRole('region', { name: 'Kept on the disk' }).locator('tbody tr').allInnerTexts()
      ).map((text) => text.replace(/\s+/g, ' '));
      assert.deepEqual(
        rows.map((row) => row.trim().split(' ')[0]),
        ['data', 'checkpoints', 'curves', 'onnx', 'samples', 'report', 'record', 'total'],
      );
      assert.match(rows[5]!, /report \d+ bytes .*1.* the page that people read/);
    }
    await page.setViewportSize({ width: 390, height: 844 });
  });

  for (const path of ['', `sweeps/${sweeps[0]}`, `runs/${runs[0]}`, 'runs/whole-run']) {
    test(`has no table that is wider than the page, and breaks no rule of accessibility: /${path}`, async () => {
      await page.goto(`${ui.url}${path}`);
      assert.deepEqual(
        await page.evaluate(
          '[document.documentElement, ...document.querySelectorAll(".scroll")].filter((node) => '
            + 'node.scrollWidth > node.clientWidth).map((node) => node.outerHTML.slice(0, 80))',
        ),
        [],
      );
      await page.evaluate(axe);
      assert.deepEqual(
        await page.evaluate(
          'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`))',
        ),
        [],
      );
      assert.ok((await page.getByRole('columnheader').count()) > 1, 'a screen reader hears no table');
    });
  }

  test('asks for nothing that is not there, also beside a report', async () => {
    writeFileSync(join(out, runs[0]!, 'report.html'), '<!doctype html><title>report</title>');
    await page.goto(`${ui.url}runs/${runs[0]}/report.html`);
    assert.equal(await page.evaluate('fetch("/favicon.ico").then(({ status }) => status)'), 200);
    assert.deepEqual(refused, []);
  });
});
