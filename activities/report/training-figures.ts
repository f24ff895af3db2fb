/** Curves of the trainings: the error of the log-density (2-D), then V, accuracy, turns, rates and every
 *  other metric that was kept. */
import type { Blocks } from './blocks.ts';
import type { ReportRecord } from './contract.ts';
import { curve, curveLegend, type Chart } from './curve.ts';
import { html, type Markup } from './html.ts';
import { significant } from './number-format.ts';
import type { Curve } from './training-series.ts';

/** The paper's curve: mean squared error of the log-density over updates. */
export function errorFigure(
  blocks: Blocks,
  series: ReadonlyMap<string, readonly Curve[]>,
  record: ReportRecord,
): Markup | null {
  const curves = series.get('mse');
  if (curves === undefined)
    return record.config.dataset.kind === 'toy'
      ? html`<p>The error of the log-density was not measured during training.</p>`
      : null;
  const chart: Chart = {
    title: 'Mean squared error of the log-density',
    axis: 'nats², logarithmic',
    series: curves,
    log: true,
    events: eventsOf(curves, record),
  };
  return blocks.figure(
    'error-curve',
    html`<div class="chart-title">MSE of log-density <span>(nats²)</span></div>
<div class="wide">${curve(chart, { width: 860, height: 380 })}</div><div class="narrow">${curve(chart, { width: 380, height: 320 })}</div>${curveLegend(curves)}`,
    html`Mean squared error of the log-density during training, on held-out points (nats², logarithmic axis), of averaged weights: of the EBM’s f − c as it is, and of the flow’s
log q. For FCE the updates of both players are counted together.`,
  );
}

export interface Panel {
  readonly metric: string;
  readonly title: string;
  readonly axis: string;
  readonly log?: boolean;
}

export const panels: readonly Panel[] = [
  { metric: 'value', title: 'Value V', axis: 'nats' },
  { metric: 'accuracy', title: 'Accuracy, data against noise', axis: 'share' },
  { metric: 'updates', title: 'Updates of each player', axis: 'cumulative count' },
  { metric: 'bitsPerDim', title: 'Bits per dimension', axis: 'of the training batch' },
  { metric: 'loss', title: 'Loss', axis: 'nats' },
  { metric: 'accuracy.labels', title: 'Accuracy of the classifier', axis: 'share of labels' },
  { metric: 'logProbShift', title: 'Movement of log q in a turn of the flow', axis: 'nats' },
  {
    metric: 'heldOutDistance',
    title: 'Distance of samples from held-out images',
    axis: 'sliced Wasserstein, standard deviations',
  },
  { metric: 'logProb', title: 'Mean log q of the batch', axis: 'nats' },
  { metric: 'learningRate', title: 'Learning rate', axis: 'per update' },
  { metric: 'gradNorm', title: 'Gradient norm before clipping', axis: 'L2, logarithmic', log: true },
  {
    metric: 'maxSample',
    title: 'Largest sample of the flow or noise',
    axis: 'max |x|, logarithmic',
    log: true,
  },
];

export function trainingFigure(
  blocks: Blocks,
  series: ReadonlyMap<string, readonly Curve[]>,
  record: ReportRecord,
): Markup | null {
  const unforeseen = [...series.keys()]
    .filter((metric) => metric !== 'mse' && !panels.some((panel) => panel.metric === metric))
    .map((metric): Panel => ({ metric, title: metric, axis: '' }));
  const charts = [...panels, ...unforeseen].flatMap((panel) => {
    const curves = series.get(panel.metric);
    return curves === undefined
      ? []
      : [{ ...panel, series: curves, ...extras(panel.metric, curves, record) }];
  });
  if (charts.length === 0) return null;
  const cut = charts.filter((chart) => chart.range !== undefined).map(cutSentence);
  return blocks.figure(
    'training-curves',
    html`<div class="charts">${charts.map(small)}</div>`,
    html`Training curves over updates.
The dashed line under V is −log 4 ≈ −1.386, its value where model and flow agree.${rollbacks(record).length > 0 && ' Dotted verticals: rollbacks of the contrast.'}${cut}`,
  );
}

function small(chart: Chart): Markup {
  return html`<div class="chart"><div class="chart-title">${chart.title}${chart.axis !== '' && html` <span>(${chart.axis})</span>`}</div>
${curve(chart, { width: 400, height: 230 })}${curveLegend(chart.series)}</div>`;
}

function extras(metric: string, curves: readonly Curve[], record: ReportRecord): Partial<Chart> {
  const marks = { events: eventsOf(curves, record) };
  const { turn } = record.config.contrast;
  if (metric === 'value')
    return { ...marks, ...robustRange(curves), rule: { at: -Math.log(4), label: '−log 4' } };
  if (metric === 'accuracy' && turn.kind === 'accuracy')
    return { ...marks, rule: { at: turn.threshold, label: `threshold ${turn.threshold}` } };
  if (metric === 'accuracy') return { ...marks, rule: { at: 0.5, label: 'chance' } };
  return marks;
}

/** A few far outliers at the start or at a divergence would flatten the rest: the axis then shows the middle
 *  96 %. */
function robustRange(curves: readonly Curve[]): Pick<Chart, 'range'> {
  const values = curves
    .flatMap(({ points }) => points.map(([, value]) => value))
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  const at = (share: number) => values[Math.round(share * (values.length - 1))] ?? 0;
  const [low, high] = [at(0.02), at(0.98)];
  const slack = Math.max(high - low, 0.5);
  if (at(0) > low - 2 * slack && at(1) < high + 2 * slack) return {};
  return { range: [low - 0.2 * slack, high + 0.2 * slack] };
}

function cutSentence({ title, series }: Chart): string {
  const values = series.flatMap(({ points }) => points.map(([, value]) => value)).filter(Number.isFinite);
  const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  return ` ${title}: the axis is cut; values reach from ${significant(low)} to ${significant(high)}.`;
}

function eventsOf(curves: readonly Curve[], record: ReportRecord): number[] {
  return curves.some(({ training }) => training === 'contrast') ? rollbacks(record) : [];
}

/** Updates of the contrast at which it diverged and was rolled back. */
function rollbacks(record: ReportRecord): number[] {
  return (record.decisions ?? []).flatMap(({ what, training, details }) => {
    const update = (details as { update?: unknown } | undefined)?.update;
    return what === 'rollback' && training === 'contrast' && typeof update === 'number' ? [update] : [];
  });
}
