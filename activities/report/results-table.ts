/** The main table, one row a model, and beside it whatever else the evaluation measured model by model. */
import type { Blocks, Cell } from './blocks.ts';
import type { MetricsLine, ReportRecord } from './contract.ts';
import { byDottedName } from './flatten.ts';
import { html, type Markup } from './html.ts';
import { inOrder, modelName } from './model-names.ts';
import { count } from './number-format.ts';
import { formatMeasure, measureHeader, resultsByModel, type Results } from './results.ts';

export function resultsTable(blocks: Blocks, record: ReportRecord, metrics: readonly MetricsLine[]): Markup {
  const results = resultsByModel(record.results);
  const main = record.config.dataset.kind === 'toy' ? ['mse'] : ['bitsPerDim', 'frechet'];
  const models = inOrder(new Set([...expectedModels(record), ...main.flatMap((measure) => [...(results.get(measure)?.keys() ?? [])])]));
  const columns = [{ header: 'Model' }, ...main.map((measure) => ({ header: measureHeader(measure), numeric: true })), { header: 'Updates', numeric: true }];
  return blocks.table('results', caption(record), columns, models.map((model): Cell[] => [
    named(model),
    ...main.map((measure) => emphasised(measure, results.get(measure), model)),
    updatesOf(model, record, metrics),
  ]), notes(record, results));
}

/** Normalisers, terms of a distance and the like: a table of their own. */
export function furtherResults(blocks: Blocks, record: ReportRecord): Markup | null {
  const results = resultsByModel(record.results);
  const measures = [...results.keys()].filter((measure) => !['mse', 'bitsPerDim', 'frechet'].includes(measure));
  if (measures.length === 0) return null;
  const models = inOrder(new Set(measures.flatMap((measure) => [...(results.get(measure)?.keys() ?? [])])));
  const explained = measures.some((measure) => measure.startsWith('logNormalizer.'))
    && ' The true log normaliser is taken by quadrature on the square of the figures; log ∫ exp(f − c) is 0 where the learned c equals it.';
  return blocks.table('further-results', html`Further measures by model.${explained}`,
    [{ header: 'Model' }, ...measures.map((measure) => ({ header: measureHeader(measure), numeric: true }))],
    models.map((model): Cell[] => [modelName(model).short, ...measures.map((measure) => plain(measure, results.get(measure)?.get(model)))]));
}

function named(model: string): Cell {
  const { short, long } = modelName(model);
  return short === long ? short : html`${short}<span class="long">${long}</span>`;
}

function plain(measure: string, value: number | undefined): string | null {
  return value === undefined ? null : formatMeasure(measure, value);
}

function emphasised(measure: string, column: ReadonlyMap<string, number> | undefined, model: string): Cell {
  const value = column?.get(model);
  const lowest = Math.min(...[...(column?.values() ?? [])].filter(Number.isFinite));
  return value !== undefined && value === lowest ? html`<b>${formatMeasure(measure, value)}</b>` : plain(measure, value);
}

function caption({ config: { dataset }, results }: ReportRecord): Markup {
  if (dataset.kind === 'toy') {
    return html`Mean squared error of log p on ${count(dataset.testCount)} held-out points, averaged weights; for EBMs of f − c as it is, without re-centring.
Lower is better; the lowest is bold.`;
  }
  const network = byDottedName(results).get('frechet.network');
  return html`Test images, averaged weights. Lower is better; the lowest of a column is bold.${typeof network === 'string'
    && html` Fréchet distance in the features of <code>${network}</code>: not an FID, and not to be compared with one.`}
The EBM’s bits per dimension use its learned log normaliser: they are not those of a normalised density.`;
}

/** A value that is missing is said to be, with the reason where it is known. */
function notes(record: ReportRecord, results: Results): Markup | undefined {
  const gaveUp = new Set((record.decisions ?? []).filter(({ what }) => what === 'gave-up').map(({ training }) => training));
  const missing = expectedModels(record).filter((model) => ![...results.values()].some((column) => column.has(model)));
  const without = baselines.filter(({ key }) => record.config.dataset.kind === 'toy' && record.config.baselines[key] === null);
  const frechet = record.config.dataset.kind !== 'toy' && !results.has('frechet');
  const lines = [
    missing.length > 0 && `Not measured in this run: ${missing.map((model) =>
      modelName(model).short + (baselines.some((one) => one.model === model && gaveUp.has(one.training)) ? ' (its training gave up, see the decisions)' : '')).join('; ')}.`,
    record.config.pretrain !== null && `FCE began from a flow trained by maximum likelihood for ${count(record.config.pretrain.updates)} updates before.`,
    without.length > 0 && `Not part of this experiment: ${without.map(({ model }) => modelName(model).short).join('; ')}.`,
    frechet && 'No Fréchet distance: the run was given no feature network, or did not come that far.',
    record.config.dataset.kind !== 'toy' && 'No control went on with maximum likelihood for the time of the contrast: a part of any gain may be due to longer training alone.',
  ].filter((line) => line !== false);
  return lines.length === 0 ? undefined : html`${lines.map((line) => html`<p>${line}</p>`)}`;
}

const baselines = [
  { key: 'flowMle', training: 'flow-mle', model: 'flowMle' },
  { key: 'nceStandard', training: 'nce-standard', model: 'ebmNceStandard' },
  { key: 'nceMatched', training: 'nce-matched', model: 'ebmNceMatched' },
] as const;

function expectedModels({ config }: ReportRecord): string[] {
  const compared = baselines.filter(({ key }) => config.baselines[key] !== null).map(({ model }) => model);
  const pretrained = config.pretrain === null ? [] : ['flowMle'];
  return [...new Set([...compared, ...pretrained, 'flowFce', 'ebmFce'])];
}

/** For FCE each player's own updates, where the metrics count them, and the total of both. */
function updatesOf(model: string, { config }: ReportRecord, metrics: readonly MetricsLine[]): string | null {
  const baseline = baselines.find((one) => one.model === model);
  const training = (baseline && config.baselines[baseline.key]) ?? (model === 'flowMle' ? config.pretrain : null);
  if (training) return count(training.updates);
  const last = metrics.filter((line) => line.training === 'contrast').at(-1);
  const own = model === 'flowFce' ? last?.flowUpdates : model === 'ebmFce' ? last?.ebmUpdates : undefined;
  return typeof own === 'number' ? `${count(own)} of ${count(last?.update ?? 0)}` : null;
}
