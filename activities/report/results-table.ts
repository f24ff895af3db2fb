/** The main table: one row a model, one column a measure, taken from the record's results whatever they hold. */
import type { Blocks, Cell, Column } from './blocks.ts';
import type { MetricsLine, ReportRecord } from './contract.ts';
import { byDottedName, type Scalar } from './flatten.ts';
import { html, type Markup } from './html.ts';
import { inOrder, modelName } from './model-names.ts';
import { count, fixed, significant } from './number-format.ts';

/** Results by measure, then model: `mse.flowFce` and `frechet.fce` are both of `flowFce`. */
export type Results = ReadonlyMap<string, ReadonlyMap<string, number>>;

const aliases: Readonly<Record<string, string>> = { mle: 'flowMle', fce: 'flowFce', real: 'data' };
const models = new Set(['data', 'flowMle', 'flowFce', 'ebmFce', 'ebmNceStandard', 'ebmNceMatched']);

export function pivot(results: ReadonlyMap<string, Scalar>): Results {
  const byMeasure = new Map<string, Map<string, number>>();
  for (const [name, value] of results) {
    const cut = name.lastIndexOf('.');
    const last = name.slice(cut + 1);
    const model = aliases[last] ?? last;
    const measure = name.slice(0, Math.max(cut, 0));
    if (typeof value !== 'number' || measure === '' || !(models.has(model) || measure === 'mse')) continue;
    byMeasure.set(measure, (byMeasure.get(measure) ?? new Map<string, number>()).set(model, value));
  }
  return byMeasure;
}

interface Measure {
  readonly header: string;
  format(value: number): string;
}

const measures: Readonly<Record<string, Measure>> = {
  mse: { header: 'MSE of log-density (nats²)', format: (value) => significant(value) },
  bitsPerDim: { header: 'Bits per dimension, test', format: (value) => fixed(value, 3) },
  frechet: { header: 'Fréchet distance', format: (value) => fixed(value, 2) },
};

export function formatMeasure(measure: string, value: number): string {
  return measures[measure]?.format(value) ?? significant(value, 4);
}

/** Expected rows stay in the table when their value is missing: a failed run says so instead of leaving a row out. */
export function resultsTable(blocks: Blocks, record: ReportRecord, metrics: readonly MetricsLine[]): Markup {
  const results = pivot(byDottedName(record.results));
  const main = record.config.dataset.kind === 'toy' ? ['mse'] : ['bitsPerDim', 'frechet'];
  const columnsShown = [...main, ...[...results.keys()].filter((measure) => !main.includes(measure))];
  const rows = inOrder(new Set([...expectedModels(record), ...[...results.values()].flatMap((column) => [...column.keys()])]));
  const columns: Column[] = [
    { header: 'Model' },
    ...columnsShown.map((measure) => ({ header: measures[measure]?.header ?? measure, numeric: true })),
    { header: 'Updates', numeric: true },
  ];
  return blocks.table('results', caption(record), columns, rows.map((model): Cell[] => [
    modelName(model).long,
    ...columnsShown.map((measure) => cell(measure, results.get(measure), model, main.includes(measure))),
    updatesOf(model, record, metrics),
  ]), notes(record));
}

function cell(measure: string, column: ReadonlyMap<string, number> | undefined, model: string, emphasised: boolean): Cell {
  const value = column?.get(model);
  if (value === undefined) return null;
  const text = formatMeasure(measure, value);
  return emphasised && value === Math.min(...(column as ReadonlyMap<string, number>).values()) ? html`<b>${text}</b>` : text;
}

function caption({ config: { dataset }, results }: ReportRecord): Markup {
  const network = byDottedName(results).get('frechet.network');
  return dataset.kind === 'toy'
    ? html`Mean squared error of log p on ${count(dataset.testCount)} held-out points, averaged weights; of f − c as it is for EBMs. Lower is better; the lowest is bold.`
    : html`Averaged weights, test images. Lower is better; the lowest of a column is bold.${typeof network === 'string'
      && html` Fréchet distance in the features of <code>${network}</code>: not an FID, and not to be compared with one.`} The EBM’s bits per dimension use its learned log normaliser, so they are not those of a normalised density.`;
}

function notes(record: ReportRecord): Markup | undefined {
  const missing = expectedModels(record).filter((model) => ![...pivot(byDottedName(record.results)).values()].some((column) => column.has(model)));
  const without = baselinesLeftOut(record);
  if (missing.length === 0 && without.length === 0) return undefined;
  return html`${missing.length > 0 && html`<p>Not measured in this run: ${missing.map((model) => modelName(model).short).join(', ')}.</p>`}
${without.length > 0 && html`<p>Not part of this experiment: ${without.map((model) => modelName(model).short).join(', ')}.</p>`}`;
}

const baselineModels = { flowMle: 'flowMle', nceStandard: 'ebmNceStandard', nceMatched: 'ebmNceMatched' } as const;

function expectedModels({ config }: ReportRecord): string[] {
  const names = (Object.keys(baselineModels) as (keyof typeof baselineModels)[]).filter((name) => config.baselines[name] !== null);
  const pretrained = config.dataset.kind !== 'toy' && config.pretrain !== null ? ['flowMle'] : [];
  return [...new Set([...names.map((name) => baselineModels[name]), ...pretrained, 'flowFce', 'ebmFce'])];
}

function baselinesLeftOut({ config }: ReportRecord): string[] {
  if (config.dataset.kind !== 'toy') return [];
  const names = Object.keys(baselineModels) as (keyof typeof baselineModels)[];
  return names.filter((name) => config.baselines[name] === null).map((name) => baselineModels[name]);
}

/** Each player's own updates where the metrics count them; for FCE the total stands behind. */
function updatesOf(model: string, { config }: ReportRecord, metrics: readonly MetricsLine[]): string | null {
  const { flowMle, nceStandard, nceMatched } = config.baselines;
  if (model === 'ebmNceStandard') return nceStandard && count(nceStandard.updates);
  if (model === 'ebmNceMatched') return nceMatched && count(nceMatched.updates);
  if (model === 'flowMle') return flowMle ? count(flowMle.updates) : config.pretrain && count(config.pretrain.updates);
  const last = metrics.filter(({ training }) => training === 'contrast').at(-1);
  const own = model === 'flowFce' ? last?.flowUpdates : model === 'ebmFce' ? last?.ebmUpdates : undefined;
  return typeof own === 'number' ? `${count(own)} of ${count(last?.update ?? 0)}` : model.endsWith('Fce') ? count(config.contrast.updates) : null;
}
