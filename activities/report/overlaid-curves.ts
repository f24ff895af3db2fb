/** The curves of several runs in one frame each: a chart for every metric of a training, a line for every
 *  run. */
import type { Blocks } from './blocks.ts';
import type { MetricsLine } from './contract.ts';
import { curve, type Chart, type Series } from './curve.ts';
import { html, type Markup } from './html.ts';
import { trainingName, type LineStyle } from './model-names.ts';
import { panels, type Panel } from './training-figures.ts';
import { trainingSeries } from './training-series.ts';

export interface DrawnRun {
  readonly label: string;
  readonly style: LineStyle;
  readonly metrics: readonly MetricsLine[];
}

const mse: Panel = { metric: 'mse', title: 'MSE of the log-density', axis: 'nats², logarithmic', log: true };
const known = [mse, ...panels.filter(({ metric }) => metric !== 'learningRate')];
const players = { ebm: 'EBM', flow: 'flow' } as const;
const trainings = [
  'contrast',
  'pretrain',
  'control',
  'flow-mle',
  'nce-standard',
  'nce-matched',
  'vae',
  'dcgan',
  'features',
];

/** null: no run has metrics. The contrast lies open, the other trainings are folded. */
export function overlaidCurves(blocks: Blocks, runs: readonly DrawnRun[], legend: Markup): Markup | null {
  const drawn = trainings.flatMap((training) => {
    const charts = chartsOf(training, runs);
    return charts.length === 0 ? [] : [{ training, charts }];
  });
  if (drawn.length === 0) return null;
  return html`${drawn.map(({ training, charts }, index) => {
    const { long } = trainingName(training);
    const figure = blocks.figure(
      `curves-${training}`,
      html`${legend}<div class="charts">${charts.map(small)}</div>`,
      html`Training <code>${training}</code> (${long}), over its updates.`,
    );
    return index === 0
      ? figure
      : html`<details><summary>Training ${training}: ${long}</summary>${figure}</details>`;
  })}`;
}

function chartsOf(training: string, runs: readonly DrawnRun[]): Chart[] {
  const ofRuns = runs.map((run) => ({
    ...run,
    series: trainingSeries(run.metrics.filter((line) => line.training === training)),
  }));
  return known.flatMap((panel) => {
    const curves = ofRuns.flatMap(({ label, style, series }) =>
      (series.get(panel.metric) ?? []).map(({ player, points }) => ({ player, label, style, points })),
    );
    const both = new Set(curves.map(({ player }) => player)).size > 1;
    return [null, 'ebm', 'flow'].flatMap((player): Chart[] => {
      const series: Series[] = curves.filter((one) => one.player === player);
      const of = both && player !== null ? `, ${players[player as keyof typeof players]}` : '';
      return series.length === 0
        ? []
        : [{ title: panel.title + of, axis: panel.axis, series, ...(panel.log && { log: true }) }];
    });
  });
}

function small(chart: Chart): Markup {
  return html`<div class="chart"><div class="chart-title">${chart.title} <span>(${chart.axis})</span></div>${curve(chart, { width: 400, height: 230 })}</div>`;
}
