/** The local page in a real browser, of a real run: what it shows while the run goes on, its buttons, the
 *  keyboard, a screen reader's view. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import type { Lineage } from '../../infra/lineage/lineage.ts';
import { startUi, type Ui } from '../../infra/ui/start-ui.ts';
import { noBrowser, openBrowser } from '../support/browser.ts';
import { processesWith, run, start, type Running } from '../support/command-line.ts';
import { runArguments } from '../support/faults/small-run.ts';
import { temporaryFolder } from '../support/folders.ts';
import { noTemporal } from '../support/temporal.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const id = 'watched';
/** Longer than anybody waits: it is cancelled on its way. */
const long = [
  'contrast.updates=400000',
  'contrast.segments=400',
  'contrast.logEvery=50',
  'contrast.probeEvery=500',
];

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found = await page.evaluate<{ violations: Violation[] }>('axe.run()');
  return found.violations.map((violation) => `${violation.id}: ${violation.nodes[0]?.html}`);
}

describe(
  'the local page in a browser',
  { skip: noTemporal || noBrowser, concurrency: false, timeout: 300_000 },
  () => {
    const out = join(temporaryFolder('ui'), 'runs');
    let worked: Running;
    let ui: Ui;
    let browser: Browser;
    let page: Page;
    const elsewhere: string[] = [];

    before(async () => {
      worked = start([...runArguments(out, ...long), '--id', id]);
      ui = await startUi(out, {}, 0);
      browser = await openBrowser();
      page = await browser.newPage({ viewport: { width: 390, height: 844 }, bypassCSP: true });
      page.on('request', (request) => {
        if (!request.url().startsWith(ui.url)) elsewhere.push(request.url());
      });
      page.setDefaultTimeout(120_000);
    });
    after(async () => {
      worked.process.kill('SIGINT');
      await Promise.all([worked.ended, browser.close()]);
      await run(['cancel', id, '--out', out]);
      await ui.close();
      // the worker in the background sees after a while that there is nothing left to do
      while (processesWith([out]).length > 0) await sleep(100);
    });

    test('leads from the list to the run, by keyboard alone', async () => {
      await page.goto(ui.url);
      await page.getByRole('link', { name: id }).waitFor();
      await page.getByRole('link', { name: id }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: id }).waitFor();
    });

    test('shows stage, progress and curves of a run that goes on, without being loaded again', async () => {
      await page.getByRole('status').filter({ hasText: 'Under way: contrast' }).waitFor();
      await page.getByRole('progressbar', { name: 'contrast' }).waitFor();
      await page.getByRole('img', { name: /^Value V, nats: / }).waitFor();
      const before = await page.getByRole('img', { name: /^Value V, nats: / }).getAttribute('aria-label');
      await page.waitForFunction(
        `document.querySelector('[aria-label^="Value V, nats"]')?.ariaLabel !== ${JSON.stringify(before)}`,
      );
    });

    test('keeps what has the focus when news come', async () => {
      const cancel = page.getByRole('link', { name: `Cancel ${id}` });
      await cancel.focus();
      const progress = page.getByRole('progressbar', { name: 'contrast' });
      const before = await progress.getAttribute('value');
      await page.waitForFunction(
        `document.querySelector('progress')?.getAttribute('value') !== ${JSON.stringify(before)}`,
      );
      assert.equal(await page.evaluate('document.activeElement.id'), 'cancel');
    });

    test('fits a phone, breaks no rule of accessibility, and asks nobody else for anything', async () => {
      assert.ok(
        await page.evaluate('document.documentElement.scrollWidth <= document.documentElement.clientWidth'),
      );
      assert.deepEqual(await violations(page), []);
      assert.deepEqual(elsewhere, []);
    });

    test('cancels the run, after asking once more', async () => {
      await page.getByRole('link', { name: `Cancel ${id}` }).press('Enter');
      await page.getByRole('button', { name: 'Cancel the run' }).press('Enter');
      await page.getByRole('status').filter({ hasText: 'The run has ended: cancelled.' }).waitFor();
      assert.equal((await worked.ended).code, 4);
      const { steps } = JSON.parse((await run(['explain', id, '--json', '--out', out])).stdout) as Lineage;
      assert.ok(
        steps.some(({ name, outputs }) => /^contrast 0-\d+$/.test(name) && outputs.length > 0),
        'explain knows nothing of what it trained',
      );
      assert.match(
        (await run(['show', id, '--out', out])).stdout,
        /\n +trained +contrast [\d,]+ of 400,000 updates\n/,
      );
    });

    test('resumes it, with a worker in the background', async () => {
      await page.getByRole('button', { name: `Resume ${id}` }).press('Enter');
      await page.getByRole('status').filter({ hasText: 'Under way: contrast' }).waitFor();
      assert.deepEqual(await violations(page), []);
    });
  },
);
