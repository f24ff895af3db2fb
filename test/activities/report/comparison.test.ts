/** Runs side by side: what is found to differ, and the page that shows it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseHTML } from 'linkedom';
import { compareRecords } from '../../../activities/report/comparison/compare-records.ts';
import type { ComparableRecord } from '../../../activities/report/comparison/compared.ts';
import { labelOf } from '../../../activities/report/comparison/label-of.ts';
import { renderComparison } from '../../../activities/report/comparison/render-comparison.ts';
import { byDottedName } from '../../../activities/config/dotted.ts';
import { madeUpImageRun, madeUpToyRun } from './made-up-run.ts';

const toy = madeUpToyRun();
const record = (id: string, change: object = {}): ComparableRecord => ({
  ...(toy.record as unknown as ComparableRecord),
  id,
  ...change,
});
const changedConfig = (change: object): object => ({
  config: { ...toy.record.config, contrast: { ...toy.record.config.contrast, ...change } },
});
const valuesOf = (rows: readonly { name: string; values: object }[], name: string): object | undefined =>
  rows.find((row) => row.name === name)?.values;

describe('a comparison', () => {
  const changed = record('b', {
    ...changedConfig({ lambda: 0.25 }),
    results: { mse: { ebmFce: 0.5 }, extra: 1 },
  });
  const comparison = compareRecords([record('a'), changed, record('c')]);

  test('lists the values of the configuration that are not the same for all, and counts the others', () => {
    assert.deepEqual(
      comparison.configuration.map(({ name }) => name),
      ['contrast.lambda'],
    );
    assert.deepEqual(comparison.configuration[0]!.values, {
      a: toy.record.config.contrast.lambda,
      b: 0.25,
      c: toy.record.config.contrast.lambda,
    });
    assert(comparison.sameConfiguration > 50);
  });

  test('has every result of any run, and leaves out what a run does not have', () => {
    const own = byDottedName(toy.record.results).get('mse.ebmFce');
    assert.deepEqual(valuesOf(comparison.results, 'mse.ebmFce'), { a: own, b: 0.5, c: own });
    assert.deepEqual(valuesOf(comparison.results, 'extra'), { b: 1 });
  });

  test('labels the runs in the order they were named', () => {
    assert.deepEqual(
      comparison.runs.map(({ label, id }) => [label, id]),
      [
        ['A', 'a'],
        ['B', 'b'],
        ['C', 'c'],
      ],
    );
    assert.deepEqual([0, 25, 26, 27, 52].map(labelOf), ['A', 'Z', 'AA', 'AB', 'BA']);
  });

  test('tells of a section that is switched off in one row, and of what differs inside it beside that', () => {
    const { baselines } = toy.record.config;
    const off = record('b', {
      config: { ...toy.record.config, baselines: { ...baselines, nceMatched: null } },
    });
    const other = record('c', {
      config: {
        ...toy.record.config,
        baselines: { ...baselines, nceMatched: { ...baselines.nceMatched, updates: 7 } },
      },
    });
    const [updates, section] = compareRecords([record('a'), off, other]).configuration;
    assert.deepEqual(updates, { name: 'baselines.nceMatched.updates', values: { a: 10_000, c: 7 } });
    assert.equal(section!.name, 'baselines.nceMatched');
    assert.equal(section!.values['b'], null);
    assert.match(String(section!.values['a']), /^\{\d+ values\}$/);
    assert.deepEqual(compareRecords([record('a'), off]).configuration.length, 1);
  });

  test('of runs of different experiments says so, that their data differ, and compares what they share', () => {
    const images = {
      ...madeUpImageRun({}).record,
      id: 'images',
      status: 'failed',
    } as unknown as ComparableRecord;
    const { notes, configuration, results } = compareRecords([record('a'), images]);
    assert.match(notes[0]!, /different experiments: eight-gaussians \(A\) and .* \(B\)\./);
    assert(
      notes.some((note) => /Their data differ \(dataset\.kind/.test(note)),
      notes.join('\n'),
    );
    assert(
      notes.some((note) => /^B is not completed/.test(note)),
      notes.join('\n'),
    );
    assert(
      notes.some((note) => /^B had a part of its data set only/.test(note)),
      notes.join('\n'),
    );
    assert.deepEqual(valuesOf(configuration, 'dataset.density'), { a: 'eight-gaussians' });
    assert(Object.keys(valuesOf(configuration, 'contrast.updates')!).length === 2);
    assert(results.length > 0);
  });

  test('says what the code and the machine were where these differ, and nothing where not', () => {
    const other = record('b', {
      environment: { ...(toy.record.environment as object), gitCommit: '0123abc' },
    });
    const { circumstances, notes } = compareRecords([record('a'), other]);
    assert.deepEqual(
      circumstances.map(({ name }) => name),
      ['gitCommit'],
    );
    assert.deepEqual(notes, ['They were made by different commits of the code.']);
    assert.deepEqual(compareRecords([record('a'), record('b')]).notes, []);
  });
});

describe('the page of a comparison', () => {
  const comparison = compareRecords([record('a'), record('b', changedConfig({ lambda: 0.25 }))]);
  const source = renderComparison(
    comparison,
    new Map([
      ['a', toy.metrics],
      ['b', toy.metrics.map((line) => ({ ...line, value: -1 }))],
    ]),
  );
  const { document } = parseHTML(source);
  const all = (selector: string): string[] =>
    [...document.querySelectorAll(selector)].map(({ textContent }) => textContent ?? '');

  test('is one file that fetches nothing and runs nothing', () => {
    assert.deepEqual(all('script, link, iframe, object'), []);
    assert.match(source, /Content-Security-Policy" content="default-src 'none'/);
    assert.doesNotMatch(
      source.replaceAll(/http:\/\/www\.w3\.org\/\d+\/(svg|xlink)/g, ''),
      /(src|href)="(?!#|data:)/,
    );
  });

  test('shows what differs in full and overlays a line of each run in one frame', () => {
    assert.deepEqual(all('#configuration tbody th'), ['contrast.lambda']);
    assert.deepEqual(all('#configuration td'), [String(toy.record.config.contrast.lambda), '0.25']);
    const chart = [...document.querySelectorAll('#curves-contrast .chart')].find((one) =>
      /^Value V/.test(one.textContent ?? ''),
    )!;
    const colours = [...chart.querySelectorAll('[stroke^="var(--run-"]')].map((line) =>
      line.getAttribute('stroke'),
    );
    assert.deepEqual([...new Set(colours)], ['var(--run-0)', 'var(--run-1)']);
    assert.match(
      chart.querySelector('svg')!.getAttribute('aria-label')!,
      /Value V, nats: A from .*; B from −1\.00 at update/,
    );
  });

  test('is the same for the same runs', () => {
    assert.equal(renderComparison(comparison, new Map()), renderComparison(comparison, new Map()));
  });
});
