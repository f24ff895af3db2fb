/** The pictures of an image evaluation: samples before and after the contrast, at several temperatures,
 *  interpolations, reconstructions, neighbours. */
import type { Blocks } from './blocks.ts';
import type { ReportRecord } from './contract.ts';
import { dataFacts } from './data-facts.ts';
import { pngUri } from './density-figure.ts';
import { byDottedName } from '../config/dotted.ts';
import { html, type Markup } from './html.ts';
import { inOrder, modelName } from './model-names.ts';
import { count, fixed } from './number-format.ts';

type Images = Readonly<Record<string, Uint8Array>>;

interface Picture {
  readonly title: string;
  readonly alt: string;
  readonly png: Uint8Array;
}

const gridTitles: Readonly<Record<string, string>> = {
  data: 'Test images',
  flowInitial: 'Before: the flow given',
  flowMle: 'Before: Glow-MLE',
  flowFce: 'After: Glow-FCE',
};

/** null where there are no samples to show. */
export function sampleGrids(
  blocks: Blocks,
  images: Images,
  { config: { evaluation } }: ReportRecord,
): Markup | null {
  const named: Images = { ...(images.data && { data: images.data }), ...ofKind(images, 'samples') };
  const pictures = inOrder(Object.keys(named)).map((name) => ({
    title: gridTitles[name] ?? modelName(name).short,
    alt: `Grid of images: ${gridTitles[name] ?? modelName(name).long}.`,
    png: named[name]!,
  }));
  return pictures.length === 0
    ? null
    : blocks.figure(
        'sample-grids',
        panels(pictures),
        html`Samples of the models, the flow before and after flow contrastive estimation among them${images.data && ', beside images of the test set'}. Averaged weights, temperature ${evaluation.temperature},
latents of one seed. Not selected.`,
      );
}

/** The section's other figures, in order; those without a picture are left out. */
export function imageFigures(blocks: Blocks, images: Images, record: ReportRecord): Markup[] {
  return [
    temperatures(blocks, images),
    interpolations(blocks, images),
    reconstructions(blocks, images),
    neighbours(blocks, images, record),
  ].filter((figure) => figure !== null);
}

/** A row for each model, from cold to warm. */
function temperatures(blocks: Blocks, images: Images): Markup | null {
  const grids = Object.entries(ofKind(images, 'temperature')).map(([name, png]) => {
    const [temperature, model] = [name.slice(0, name.indexOf('-')), name.slice(name.indexOf('-') + 1)];
    return { temperature: Number(temperature), model, png };
  });
  if (grids.length === 0) return null;
  const rows = inOrder(new Set(grids.map(({ model }) => model))).map((model) =>
    grids.filter((grid) => grid.model === model).sort((a, b) => a.temperature - b.temperature),
  );
  const picture = ({ model, temperature, png }: (typeof grids)[number]): Picture => ({
    title: `at ${temperature}`,
    alt: `Grid of samples: ${modelName(model).long}, at temperature ${temperature}.`,
    png,
  });
  return blocks.figure(
    'temperatures',
    html`${rows.map((row) => html`<div class="strip-title">${modelName(row[0]!.model).short}</div><div class="strip" style="--columns:${row.length}">${row.map((grid) => panel(picture(grid)))}</div>`)}`,
    html`Samples at several temperatures: the same latents, multiplied by the number above each. Below 1 samples are cleaner and less varied than the model’s own.`,
  );
}

function interpolations(blocks: Blocks, images: Images): Markup | null {
  return figureOf(
    blocks,
    'interpolation',
    images,
    'Interpolations of',
    html`Interpolations in latent space. Each row leads from one test image (left) to another (right), its latents along the arc between
theirs. The ends have gone to latents and back.`,
  );
}

function reconstructions(blocks: Blocks, images: Images): Markup | null {
  return figureOf(
    blocks,
    'reconstruction',
    images,
    'Reconstructions of',
    html`Test images (odd rows) and what comes back of them from latents (even rows). A flow is exactly invertible but for rounding; its errors are
among the further measures.`,
  );
}

function neighbours(blocks: Blocks, images: Images, { results }: ReportRecord): Markup | null {
  const told = byDottedName(results);
  const [searched, data] = [told.get('neighbours.searched'), told.get('neighbours.rmsGreyLevels.data')];
  return figureOf(
    blocks,
    'neighbours',
    images,
    'Nearest training images of',
    html`Samples (left column) and, from near to far, the training images nearest to each in pixels${typeof searched === 'number' && html` among ${count(searched)}`}.
${
  typeof data === 'number'
  && html`Mean distance to the nearest (root mean square of a pixel, grey levels): ${inOrder(
    Object.keys(ofKind(images, 'neighbours')),
  ).map(
    (name, i) =>
      html`${i > 0 && ', '}${name === 'data' ? 'test images' : modelName(name).short} ${fixed(Number(told.get(`neighbours.rmsGreyLevels.${name}`)), 2)}`,
  )}. `
}A
sample almost at no distance would be remembered, not drawn; smooth images are nearer to all others than detailed ones.`,
  );
}

function figureOf(blocks: Blocks, kind: string, images: Images, of: string, caption: Markup): Markup | null {
  const named = ofKind(images, kind);
  const pictures = inOrder(Object.keys(named)).map((name) => ({
    title: name === 'data' ? 'Test images' : modelName(name).short,
    alt: `${of} ${name === 'data' ? 'test images' : modelName(name).long}.`,
    png: named[name]!,
  }));
  return pictures.length === 0 ? null : blocks.figure(`${kind}-grids`, panels(pictures), caption);
}

/** `interpolation-flowFce` is `flowFce` of kind `interpolation`. */
const ofKind = (images: Images, kind: string): Images =>
  Object.fromEntries(
    Object.entries(images).flatMap(([name, png]) =>
      name.startsWith(`${kind}-`) ? [[name.slice(kind.length + 1), png]] : [],
    ),
  );

const panels = (pictures: readonly Picture[]): Markup =>
  html`<div class="panels grids" data-count="${pictures.length}">${pictures.map(panel)}</div>`;

const panel = ({ title, alt, png }: Picture): Markup =>
  html`<div class="panel"><div class="panel-title">${title}</div><img class="grid-image" src="${pngUri(png)}" alt="${alt}"></div>`;

/** The picture on the data set's card. */
export function datasetFigure(blocks: Blocks, { dataset }: Images, record: ReportRecord): Markup | null {
  if (dataset === undefined) return null;
  return blocks.figure(
    'dataset',
    panel({ title: 'Training images', alt: 'Grid of the first training images.', png: dataset }),
    html`The first images of the training set, as prepared.${(dataFacts(record).preprocessing ?? []).map((step) => html` ${step}`)}`,
  );
}
