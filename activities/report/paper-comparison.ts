/** The paper's figures beside ours, each with its mark. */
import type { Blocks, Cell } from './blocks.ts';
import type { ReportRecord } from './contract.ts';
import { byDottedName } from './flatten.ts';
import { html, type Markup } from './html.ts';
import { modelName } from './model-names.ts';
import { count, significant } from './number-format.ts';
import { markMeanings, paperBitsPerDim, paperInceptionDistance, paperToy, type ImageModel, type Mark, type PaperDataset, type PaperNumber } from './paper-numbers.ts';
import { formatMeasure, pivot, type Results } from './results-table.ts';

export function paperComparison(blocks: Blocks, record: ReportRecord): Markup {
  const results = pivot(byDottedName(record.results));
  const { dataset } = record.config;
  return dataset.kind === 'toy' ? toyComparison(blocks, dataset.density, results) : imageComparison(blocks, dataset.kind, results);
}

function toyComparison(blocks: Blocks, density: string, results: Results): Markup {
  const mse = results.get('mse') ?? new Map<string, number>();
  const ours = (model: string) => (mse.has(model) ? significant(mse.get(model) as number) : 'not measured');
  const { claim, reimplementation } = paperToy;
  const rows: Cell[][] = [
    [html`Paper ${tag(claim.mark)}`, html`${claim.sentence} It prints no table of these errors.`,
      html`EBM-FCE ${ours('ebmFce')}, NCE against N(0, I) ${ours('ebmNceStandard')}: ${verdict(mse)}.`],
    ...(density !== reimplementation.density ? [] : reimplementation.atUpdates.map(({ updates, mse: theirs }): Cell[] => [
      html`Public reimplementation ${tag(reimplementation.mark)}`,
      html`EBM-FCE at ${count(updates)} steps: ${theirs} nats², on its training points.`,
      html`EBM-FCE at the end, on held-out points: ${ours('ebmFce')} nats².`])),
  ];
  return blocks.table('paper', html`The paper’s 2-D result, and ours.`, [{ header: 'Source' }, { header: 'What it says' }, { header: 'This run' }], rows, meanings(['S', 'C']));
}

function verdict(mse: ReadonlyMap<string, number>): string {
  const [fce, nce] = [mse.get('ebmFce'), mse.get('ebmNceStandard')];
  if (fce === undefined || nce === undefined) return 'the claim was not tested';
  return fce < nce ? 'the paper’s order holds' : 'the paper’s order does not hold';
}

const paperRows: readonly ImageModel[] = ['vae', 'dcgan', 'flowMle', 'flowFce', 'ebmFce'];
const paperRowNames: Partial<Record<ImageModel, string>> = { vae: 'VAE', dcgan: 'DCGAN' };

function imageComparison(blocks: Blocks, dataset: PaperDataset, results: Results): Markup {
  const network = results.has('frechet') ? 'Fréchet distance, ours' : 'Fréchet distance, ours (not measured)';
  const ours = (measure: string, model: string): Cell => {
    const value = results.get(measure)?.get(model);
    return value === undefined ? null : formatMeasure(measure, value);
  };
  const rows = paperRows.map((model): Cell[] => [
    paperRowNames[model] ?? modelName(model).short,
    ours('bitsPerDim', model),
    marked(paperBitsPerDim[model]?.[dataset], 2),
    ours('frechet', model),
    marked(paperInceptionDistance[model]?.[dataset], 2),
  ]);
  return blocks.table('paper', html`The paper’s figures beside ours. The two distances are taken in the features of different networks, so only their order can be compared.`,
    ['Model', 'Bits/dim, ours', 'Bits/dim, paper', network, 'FID, paper (Inception-V3)'].map((header, i) => ({ header, numeric: i > 0 })), rows, meanings(['S', 'C', 'R']));
}

function marked(number: PaperNumber | undefined, decimals: number): Cell {
  return number === undefined ? null : html`${number.value.toFixed(decimals)} ${tag(number.mark)}`;
}

function tag(mark: Mark): Markup {
  return html`<span class="mark mark-${mark}">${mark}${mark === 'R' && ', unconfirmed'}</span>`;
}

function meanings(marks: readonly Mark[]): Markup {
  return html`<p>${marks.map((mark) => html`${tag(mark)}: ${markMeanings[mark]}. `)}</p>`;
}
