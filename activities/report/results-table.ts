/** The main table, one row a model, and beside it whatever else the evaluation measured model by model. */
import type { Blocks, Cell } from './blocks.ts';
import { budgetsOf, madeUpdates } from './budgets.ts';
import { comparedModels, expectedModels, trainingOfModel } from './compared-models.ts';
import type { MetricsLine, ReportRecord } from './contract.ts';
import { distanceOf } from './distance.ts';
import { earlyEnd } from './early-end.ts';
import { byDottedName } from '../config/dotted.ts';
import { givenFlowText } from './given-flow.ts';
import { html, type Markup } from './html.ts';
import { inOrder, modelName } from './model-names.ts';
import { isNormaliser } from './normalizer-table.ts';
import { count } from './number-format.ts';
import { formatMeasure, headlines, measureHeader, resultsByModel, type Results } from './results.ts';

/** Measures of the main table; the distance is there even without a figure, which the notes then explain. */
function mainMeasures({ config }: ReportRecord, results: Results): string[] {
  if (config.dataset.kind === 'toy') return ['mse'];
  const distances = ['fid', 'frechet'].filter((measure) => results.has(measure));
  const others = headlines.filter(
    (measure) => !['mse', 'bitsPerDim', 'fid', 'frechet'].includes(measure) && results.has(measure),
  );
  return ['bitsPerDim', ...(distances.length > 0 ? distances : ['frechet']), ...others];
}

export function resultsTable(blocks: Blocks, record: ReportRecord, metrics: readonly MetricsLine[]): Markup {
  const results = resultsByModel(record.results);
  const main = mainMeasures(record, results);
  const models = inOrder(
    new Set([
      ...expectedModels(record),
      ...main.flatMap((measure) => [...(results.get(measure)?.keys() ?? [])]),
    ]),
  );
  const columns = [
    { header: 'Model' },
    ...main.map((measure) => ({ header: measureHeader(measure), numeric: true })),
    { header: 'Updates', numeric: true },
  ];
  return blocks.table(
    'results',
    caption(record),
    columns,
    models.map((model): Cell[] => [
      named(model),
      ...main.map((measure) => emphasised(measure, results.get(measure), model)),
      updatesOf(model, record, metrics),
    ]),
    notes(record, results),
  );
}

/** Distances from test images, errors of the inverse and the like: a table of their own, of a row for each
 *  measure where there are many. */
export function furtherResults(blocks: Blocks, record: ReportRecord): Markup | null {
  const results = resultsByModel(record.results);
  const main = mainMeasures(record, results);
  const measures = [...results.keys()].filter(
    (measure) => !main.includes(measure) && !(record.config.dataset.kind !== 'toy' && isNormaliser(measure)),
  );
  if (measures.length === 0) return null;
  const explained =
    measures.includes('logNormalizer.trueMinusLearned')
    && ' The true log normaliser is taken by quadrature on the square of the figures; what it has more '
      + 'than the learned c is log ∫ exp(f − c).';
  const models = inOrder(new Set(measures.flatMap((measure) => [...(results.get(measure)?.keys() ?? [])])));
  return blocks.table(
    'further-results',
    html`Further measures by model.${explained}`,
    [{ header: 'Measure' }, ...models.map((model) => ({ header: modelName(model).short, numeric: true }))],
    measures.map((measure): Cell[] => [
      measureHeader(measure),
      ...models.map((model) => plain(measure, results.get(measure)?.get(model))),
    ]),
  );
}

function named(model: string): Cell {
  const { short, long } = modelName(model);
  return short === long ? short : html`${short}<span class="long">${long}</span>`;
}

function plain(measure: string, value: number | undefined): string | null {
  return value === undefined ? null : formatMeasure(measure, value);
}

const higherIsBetter: readonly string[] = ['precision', 'recall'];

/** The best of a column is bold where it is better than the others as they are printed; none is where two
 *  share it, and no zero, which is what a measure has of models that it does not tell apart. An EBM's bits
 *  per dimension are not in the running: they are what its learned c makes them. */
function emphasised(measure: string, column: ReadonlyMap<string, number> | undefined, model: string): Cell {
  const compared = [...(column ?? [])].filter(
    ([name, value]) => Number.isFinite(value) && !(measure === 'bitsPerDim' && name.startsWith('ebm')),
  );
  const best = (higherIsBetter.includes(measure) ? Math.max : Math.min)(
    ...compared.map(([, value]) => value),
  );
  const value = column?.get(model);
  const printed = plain(measure, value);
  const isAlone = compared.every(
    ([name, other]) => name === model || formatMeasure(measure, other) !== printed,
  );
  const isBest = value === best && compared.some(([name]) => name === model);
  return isBest && isAlone && !isZero(printed) ? html`<b>${printed}</b>` : printed;
}

const isZero = (printed: string | null): boolean => Number(printed?.replace('−', '-')) === 0;

function caption(record: ReportRecord): Markup {
  const { dataset } = record.config;
  if (dataset.kind === 'toy') {
    return html`Mean squared error of log p on ${count(dataset.testCount)} held-out points, averaged weights; for EBMs of f − c as it is, without re-centring.
Lower is better; the lowest is bold where no other equals it.`;
  }
  const distance = distanceOf(record);
  const compared = byDottedName(record.results).get('precision.samples');
  return html`Test images, averaged weights. The best of a column is bold where no other equals it: the lowest, of precision and recall the highest.${
    distance !== null
    && html` ${distance.name}: ${distance.terms}${distance.measure === 'frechet' && '; not an FID, and not to be compared with one'}.`
  }${typeof compared === 'number' && html` Precision and recall: ${count(compared)} images of each set.`}
The EBM’s bits per dimension use its learned log normaliser: they are not those of a normalised density.`;
}

/** A value that is missing is said to be, with the reason where it is known. */
function notes(record: ReportRecord, results: Results): Markup | undefined {
  const { config, decisions = [] } = record;
  const { included, leftOut } = comparedModels(record);
  const gaveUp = new Set(decisions.filter(({ what }) => what === 'gave-up').map(({ training }) => training));
  const missing = expectedModels(record).filter(
    (model) => ![...results.values()].some((column) => column.has(model)),
  );
  const images = config.dataset.kind !== 'toy';
  const budgets = budgetsOf(record);
  const lines = [
    missing.length > 0
      && `Not measured in this run: ${missing
        .map(
          (model) =>
            modelName(model).short
            + (included.some((one) => one.model === model && gaveUp.has(one.training))
              ? ' (its training gave up, see the decisions)'
              : ''),
        )
        .join('; ')}.`,
    record.initialFlow && `FCE began from a flow that was given: ${givenFlowText(record.initialFlow)}.`,
    config.pretrain !== null
      && 'FCE began from a flow trained by maximum likelihood for '
        + `${count(madeUpdates(record, 'pretrain') ?? config.pretrain.updates)} updates before.`,
    budgets?.sentence ?? false,
    budgets?.control?.sentence ?? false,
    leftOut.length > 0
      && `Not part of this experiment: ${leftOut.map(({ model }) => modelName(model).short).join('; ')}.`,
    images
      && distanceOf(record) === null
      && 'No Fréchet distance: the run was given no feature network, or did not come that far.',
    images
      && !included.some(({ model }) => model === 'flowControl')
      && 'No control went on with maximum likelihood for the time of the contrast: a part of any gain '
        + 'may be due to longer training alone.',
  ].filter((line) => line !== false && line !== undefined);
  return lines.length === 0 ? undefined : html`${lines.map((line) => html`<p>${line}</p>`)}`;
}

/** Those that were made; where nothing says how many, none. For FCE each player's own, where the metrics
 *  count them, and the total of both; none of those made where the start is the result. */
function updatesOf(model: string, record: ReportRecord, metrics: readonly MetricsLine[]): string | null {
  const own = trainingOfModel(model, record);
  if (own !== null) return printedCount(madeUpdates(record, own));
  const end = earlyEnd(record, 'contrast');
  if (end?.result === 0 && (model === 'flowFce' || model === 'ebmFce')) return `0 of ${count(end.made)}`;
  const last = metrics.filter((line) => line.training === 'contrast').at(-1);
  const moves = model === 'flowFce' ? last?.flowUpdates : model === 'ebmFce' ? last?.ebmUpdates : undefined;
  return typeof moves === 'number' ? `${count(moves)} of ${count(last?.update ?? 0)}` : null;
}

const printedCount = (updates: number | null): string | null => (updates === null ? null : count(updates));
