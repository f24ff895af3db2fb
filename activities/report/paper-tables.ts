/** The paper's tables of images in full, each figure with its mark, and what this run measured beside them,
 *  under its own name. */
import { dataName } from '../datasets/data-name.ts';
import type { Blocks, Cell } from './blocks.ts';
import type { ReportRecord } from './contract.ts';
import { distanceOf } from './distance.ts';
import { html, type Markup } from './html.ts';
import { inOrder, modelName } from './model-names.ts';
import { count } from './number-format.ts';
import {
  markMeanings,
  paperBitsPerDim,
  paperInceptionDistance,
  type ImageModel,
  type Mark,
  type PaperDataset,
  type PaperNumber,
  type PaperTable,
} from './paper-numbers.ts';
import { formatMeasure, resultsByModel } from './results.ts';

const columns: readonly (readonly [PaperDataset, string])[] = [
  ['svhn', 'SVHN'],
  ['cifar10', 'CIFAR-10'],
  ['celeba32', 'CelebA, 32 × 32'],
];

export function paperTables(blocks: Blocks, record: ReportRecord): Markup {
  return html`${distanceTable(blocks, record)}${bitsTable(blocks, record)}`;
}

function distanceTable(blocks: Blocks, record: ReportRecord): Markup {
  const distance = distanceOf(record);
  const ours =
    distance === null
      ? null
      : { header: `This run: ${distance.name}`, values: distance.ofModel, measure: distance.measure };
  const theirs =
    'FID as the paper gives it, the Fréchet distance in features of Inception-V3; how many samples '
    + 'it took, and against which images, is not known to us.';
  const comparable =
    distance === null
      ? 'This run measured none.'
      : `This run: ${distance.name} on ${dataOf(record)}, `
        + `${distance.terms}.${distance.measure === 'frechet' ? ' In features of another network it is no FID: only the order of its own column means ' + 'something.' : ''}`;
  return table(blocks, 'paper', paperInceptionDistance, ours, html`${theirs} ${comparable}`);
}

function bitsTable(blocks: Blocks, record: ReportRecord): Markup {
  const values = resultsByModel(record.results).get('bitsPerDim');
  const ours = values === undefined ? null : { header: 'This run', values, measure: 'bitsPerDim' };
  return table(
    blocks,
    'paper-bits',
    paperBitsPerDim,
    ours,
    html`Bits per dimension on test images as the paper gives them, the EBM’s with its learned c, of which the paper itself warns.
${values === undefined ? 'This run measured none.' : html`This run: ${dataOf(record)}.`}`,
  );
}

interface OwnColumn {
  readonly header: string;
  readonly values: ReadonlyMap<string, number>;
  readonly measure: string;
}

function table(
  blocks: Blocks,
  id: string,
  paper: PaperTable,
  ours: OwnColumn | null,
  caption: Markup,
): Markup {
  const models = inOrder(new Set([...Object.keys(paper), ...(ours?.values.keys() ?? [])]));
  const rows = models.map((model): Cell[] => [
    modelName(model).short,
    ...(ours === null ? [] : [own(ours, model)]),
    ...columns.map(([dataset]) => marked(paper[model as ImageModel]?.[dataset])),
  ]);
  const headers = ['Model', ...(ours === null ? [] : [ours.header]), ...columns.map(([, header]) => header)];
  return blocks.table(
    id,
    caption,
    headers.map((header, i) => ({ header, numeric: i > 0 })),
    rows,
    meanings(marksIn(paper)),
  );
}

function own({ values, measure }: OwnColumn, model: string): Cell {
  const value = values.get(model);
  return value === undefined ? null : html`<b>${formatMeasure(measure, value)}</b>`;
}

/** Which images, and how much of them there was. */
function dataOf({ config: { dataset }, dataset: facts, partialData }: ReportRecord): string {
  const { trainCount, testCount, shape } = (facts ?? {}) as {
    trainCount?: number;
    testCount?: number;
    shape?: readonly number[];
  };
  const counted = [
    trainCount !== undefined
      && testCount !== undefined
      && `${count(trainCount)} training and ${count(testCount)} test images`,
    Array.isArray(shape) && `${shape.join(' × ')}`,
  ].filter((part) => part !== false);
  return `${partialData ? 'a part of ' : ''}${dataName(dataset) ?? (dataset.kind === 'npz' ? 'images of an archive' : 'images of a folder')}${counted.length > 0 ? ` (${counted.join(', ')})` : ''}`;
}

function marked(number: PaperNumber | undefined): Cell {
  return number === undefined ? null : html`${number.value.toFixed(2)} ${tag(number.mark)}`;
}

const marksIn = (paper: PaperTable): Mark[] =>
  (['S', 'C', 'R'] as const).filter((mark) =>
    Object.values(paper).some((row) => Object.values(row).some((number) => number.mark === mark)),
  );

export function tag(mark: Mark): Markup {
  return html`<span class="mark mark-${mark}">${mark}${mark === 'R' && ', unconfirmed'}</span>`;
}

export function meanings(marks: readonly Mark[]): Markup {
  return html`<p>${marks.map((mark) => html`${tag(mark)}: ${markMeanings[mark]}. `)}</p>`;
}
