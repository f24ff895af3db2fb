/** The report of a sweep: one self-contained page with its best trial, what decided, all trials, and their
 *  curves. Pure. */
import { createBlocks, type Blocks, type Cell } from '../blocks.ts';
import { overlaidCurves } from '../overlaid-curves.ts';
import type { MetricsLine } from '../contract.ts';
import { html, type Markup } from '../html.ts';
import { durationInWords, significant } from '../number-format.ts';
import { page } from '../page.ts';
import { parallelCoordinates } from './parallel-coordinates.ts';
import { configurationsSection } from './configurations-section.ts';
import { chanceText, type ReportedSweep, type SweepResult, type TrialRow } from './sweep-result.ts';
import { isOverSeeds, withoutSeed } from '../../sweep/configurations.ts';

/** Fifths of the trials, from the best on. */
const fifths = ['best fifth', 'second', 'third', 'fourth', 'worst fifth'];
const light = ['#08306b', '#2b7bba', '#6aaf6a', '#e0a030', '#d0605a'];
const dark = ['#9fd0ff', '#5aa7e8', '#7cc67c', '#e8b450', '#e07a74'];
const variables = (colours: readonly string[]): string =>
  colours.map((colour, index) => `--fifth-${index}: ${colour};`).join(' ');
const style = `
:root { ${variables(light)} } @media (prefers-color-scheme: dark) { :root { ${variables(dark)} } } @media print { :root { ${variables(light)} } }
#trials td, #trials th, #configurations td, #configurations th, #parameters td, #importance td, #importance th { white-space: nowrap; } .bar { display: inline-block; height: .7rem; background: var(--fifth-1); vertical-align: middle; min-width: 1px; }
.coordinates { overflow-x: auto; } .coordinates svg { min-width: 640px; width: 100%; height: auto; display: block; }
`;

/** `metrics`: lines of metrics.jsonl by the trial's run, of those that are to be drawn. */
export function renderSweep(
  { sweep, repeatable }: Pick<ReportedSweep, 'sweep' | 'repeatable'>,
  result: SweepResult,
  metrics: ReadonlyMap<string, readonly MetricsLine[]>,
): string {
  const blocks = createBlocks();
  const judged = result.trials.filter(({ objective }) => objective !== null);
  const colours = new Map(
    judged.map(({ trial }, index) => [trial, `var(--fifth-${Math.floor((5 * index) / judged.length)})`]),
  );
  return page({
    title: `Sweep ${result.sweep}`,
    style,
    body: html`<header><h1>Sweep ${result.sweep}</h1><p class="meta">of ${result.experiment}, ${result.status}; ${result.trials.length} of ${result.planned} trials,
${result.objective.goal} <code>${result.objective.metric}</code></p></header>
${best(result)}${
      result.trials.length > 0
      && html`${configurationsSection(blocks, result)}
<section><h2>1. Which settings decide</h2>${importance(blocks, result)}${coordinates(blocks, sweep, result, judged, colours)}</section>
<section><h2>2. Trials</h2>${trialsTable(blocks, sweep, result)}</section>
<section><h2>3. Curves</h2>${curves(blocks, judged, colours, metrics)}</section>`
    }
<section><h2>${result.trials.length > 0 && '4. '}The sweep</h2>${parameters(blocks, sweep, repeatable)}<pre><code>${result.command}</code></pre></section>`,
  });
}

function best({ best: one, objective, trials }: SweepResult): Markup {
  if (one === null)
    return html`<p class="notice" role="note">${trials.length === 0 ? 'No trial has ended yet: there is nothing to report so far.' : 'No trial has an objective yet.'}</p>`;
  const values = Object.entries(trials.find(({ trial }) => trial === one.trial)?.values ?? {});
  if (one.seeds !== undefined)
    return bestConfiguration(one, objective.metric, Object.entries(withoutSeed(Object.fromEntries(values))));
  return html`<p class="abstract"><b>Best trial.</b> Trial ${one.trial} has ${objective.metric} = ${significant(one.value, 4)} with ${settings(values)}. Its exact command:</p>
<pre><code>${one.command}</code></pre>`;
}

function bestConfiguration(
  { value, seeds = [], deviation = null, command }: NonNullable<SweepResult['best']>,
  metric: string,
  values: readonly [string, unknown][],
): Markup {
  const spread =
    deviation === null ? ', whose spread is not known' : html`, standard deviation ${significant(deviation)}`;
  return html`<p class="abstract"><b>Best configuration.</b> ${metric} = ${significant(value, 4)}, the mean of ${seeds.length === 1 ? 'one seed' : `${seeds.length} seeds`}${spread}${values.length > 0 && html`, with ${settings(values)}`}. Its exact command, with <code>--set seed=N</code> behind it, N one of ${seeds.join(', ')}:</p>
<pre><code>${command}</code></pre>`;
}

const settings = (values: readonly [string, unknown][]): Markup =>
  html`${values.map(([name, value], index) => html`${index > 0 && ', '}<code>${name}</code> = ${text(value)}`)}`;

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function importance(
  blocks: Blocks,
  { importance: { method, parameters: rows, chance } }: SweepResult,
): Markup {
  if (rows.length === 0) return html`<p>${method}</p>`;
  return blocks.table(
    'importance',
    html`Importance of the settings. ${method}${chance !== null && ` ${chanceText(chance)}`}`,
    [
      { header: 'Setting' },
      { header: 'Share', numeric: true },
      { header: '' },
      { header: 'Correlation', numeric: true },
    ],
    rows.map(({ name, share, correlation }): Cell[] => [
      html`<code>${name}</code>`,
      `${Math.round(100 * share)} %`,
      html`<span class="bar" style="width:${(8 * share).toFixed(2)}rem"></span>`,
      correlation === null ? null : significant(correlation, 2),
    ]),
  );
}

function coordinates(
  blocks: Blocks,
  { parameters: searched, objective }: ReportedSweep['sweep'],
  result: SweepResult,
  judged: readonly TrialRow[],
  colours: ReadonlyMap<number, string>,
): Markup | null {
  if (judged.length === 0) return null;
  const thick = new Set(result.configurations?.[0]?.trials.map(({ trial }) => trial) ?? [result.best?.trial]);
  const axes = withoutSeed(searched);
  const drawn = judged.map(({ trial, values, objective: value }) => ({
    trial,
    values,
    objective: value!,
    colour: colours.get(trial)!,
    best: thick.has(trial),
  }));
  const title =
    `Parallel coordinates of ${judged.length} trials over `
    + `${[...Object.keys(axes), objective.metric].join(' and ')}; the table of trials has the same `
    + 'values.';
  return blocks.figure(
    'coordinates',
    html`<div class="coordinates" tabindex="0" role="region" aria-label="Parallel coordinates">${parallelCoordinates(title, axes, drawn, objective.metric, { width: 860, height: 400 })}</div>${key()}`,
    html`Every trial as a line through its settings to its objective, coloured by fifths from the best on; the best ${isOverSeeds({ parameters: searched }) ? 'configuration’s seeds are' : 'is'} thick.`,
  );
}

function key(): Markup {
  return html`<ul class="legend">${fifths.map((name, index) => html`<li><svg width="28" height="8" aria-hidden="true"><line x1="0" x2="28" y1="4" y2="4" style="stroke:var(--fifth-${index})" stroke-width="3"></line></svg>${name}</li>`)}</ul>`;
}

function trialsTable(
  blocks: Blocks,
  { parameters: searched, halving }: ReportedSweep['sweep'],
  { trials, objective }: SweepResult,
): Markup {
  const names = Object.keys(searched);
  return blocks.table(
    'trials',
    html`The trials from the best on${halving && '; who got to a higher rung is better, whatever the value'}.`,
    [
      { header: 'Trial' },
      ...[
        objective.metric,
        ...(halving ? ['Rung'] : []),
        ...names.map((name) => name.split('.').slice(-2).join('.')),
        'Time',
      ].map((header) => ({ header, numeric: true })),
      { header: 'Status' },
      { header: 'Run' },
    ],
    trials.map(({ trial, objective: value, rung, values, seconds, status, failure, runId }): Cell[] => [
      String(trial),
      value === null ? null : significant(value, 4),
      ...(halving ? [String(rung)] : []),
      ...names.map((name) => text(values[name])),
      durationInWords(seconds),
      failure === null ? status : html`<span title="${failure}">${status}</span>`,
      html`<code>${runId}</code>`,
    ]),
  );
}

function curves(
  blocks: Blocks,
  judged: readonly TrialRow[],
  colours: ReadonlyMap<number, string>,
  metrics: ReadonlyMap<string, readonly MetricsLine[]>,
): Markup {
  const runs = judged.toReversed().flatMap(({ trial, runId }) => {
    const lines = metrics.get(runId) ?? [];
    return lines.length === 0
      ? []
      : [
          {
            label: `trial ${trial}`,
            style: { colour: colours.get(trial)!, dash: '' },
            metrics: lines.filter(({ training }) => training === 'contrast'),
          },
        ];
  });
  const drawn = overlaidCurves(blocks, runs, key());
  if (drawn === null) return html`<p>No metrics were recorded.</p>`;
  return html`${runs.length < judged.length && html`<p>Of ${judged.length} trials the ${runs.length} best are drawn.</p>`}${drawn}`;
}

function parameters(
  blocks: Blocks,
  { parameters: searched, sampler, seed, halving }: ReportedSweep['sweep'],
  repeatable: boolean | undefined,
): Markup {
  const rows = Object.entries(searched).map(([name, { kind, ...range }]): Cell[] => [
    html`<code>${name}</code>`,
    kind,
    'values' in range ? range.values.map(text).join(', ') : `${range.min} to ${range.max}`,
  ]);
  return html`${blocks.table('parameters', html`What was searched.`, [{ header: 'Setting' }, { header: 'Kind' }, { header: 'Values' }], rows)}
<p>Sampler ${sampler?.kind ?? 'not recorded'}, seed ${seed}${halving && `; ${halving.kind} halving at ${halving.rungs.join(', ')}, of which ${halving.keep} go on`}.${repeatable === false && ' Which trials went on depended on the order in which they ended, so another sweep like this one ' + 'may give another table.'}</p>`;
}
