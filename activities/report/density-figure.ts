/** 2-D panels: densities side by side on one colour scale, and the flows' samples. */
import type { Blocks } from './blocks.ts';
import type { DensityGrids } from './contract.ts';
import {
  colourBar,
  densityImage,
  densityScale,
  emptyBelow,
  errorImage,
  errorRange,
  shareAbove,
} from './heatmap.ts';
import { html, trustedMarkup, type Markup } from './html.ts';
import { inOrder, lineStyle, modelName } from './model-names.ts';
import { count, significant } from './number-format.ts';

export async function densityFigure(blocks: Blocks, grids: DensityGrids): Promise<Markup> {
  const top = densityScale(grids);
  const named: Record<string, Float32Array> = { data: grids.data, ...grids.models };
  const panels = inOrder(Object.keys(named)).map(async (name) => {
    const png = await densityImage(named[name] as Float32Array, grids.size, top);
    const alt = `Density of ${modelName(name).long} on the square from −${grids.extent} to ${grids.extent}.`;
    return panel(
      modelName(name).short,
      html`<img src="${pngUri(png)}" width="${grids.size}" height="${grids.size}" alt="${alt}">`,
      grids.extent,
    );
  });
  const key = colourKey(await colourBar('density'), '0', significant(top), 'density (per unit area)');
  return blocks.figure(
    'densities',
    html`<div class="panels" data-count="${panels.length}">${await Promise.all(panels)}</div>${key}`,
    densityCaption(grids, top),
  );
}

function densityCaption(grids: DensityGrids, top: number): Markup {
  const above = inOrder(Object.keys(grids.models))
    .map((name) => ({ name, share: shareAbove(grids.models[name] as Float32Array, top) }))
    .filter(({ share }) => share > 0);
  return html`Densities exp(log p) on a grid of ${grids.size} × ${grids.size} cells over x₁ (across) and x₂ (up), all on one linear colour scale that ends at the
highest density of the data distribution, ${significant(top)} per unit area. EBMs are drawn with their learned log normaliser, as they are.
${
  above.length > 0
  && html` Cells above the scale take its last colour: ${above.map(
    ({ name, share }, i) => html`${i > 0 && '; '}${modelName(name).short} ${significant(100 * share, 2)} %`,
  )} of the square.`
}`;
}

/** Where each model's log-density is too high or too low: what the mean squared error is made of. */
export async function errorMapFigure(blocks: Blocks, grids: DensityGrids): Promise<Markup> {
  const panels = inOrder(Object.keys(grids.models)).map(async (name) => {
    const png = await errorImage(grids.models[name] as Float32Array, grids.data, grids.size);
    const alt = `Error of the log-density of ${modelName(name).long}: red too high, blue too low.`;
    return panel(
      modelName(name).short,
      html`<img src="${pngUri(png)}" width="${grids.size}" height="${grids.size}" alt="${alt}">`,
      grids.extent,
    );
  });
  const key = colourKey(
    await colourBar('error'),
    `≤ −${errorRange}`,
    `≥ ${errorRange}`,
    'log p − log p_data (nats)',
  );
  return blocks.figure(
    'error-maps',
    html`<div class="panels" data-count="${panels.length}">${await Promise.all(panels)}</div>${key}`,
    html`Error of the log-density, log p − log p<sub>data</sub> (nats), red where a model puts too much, blue where too little. Cells whose exact density is below
e<sup>−${emptyBelow}</sup> of the highest hold almost no data and are left empty.`,
  );
}

function colourKey(bar: Buffer, low: string, high: string, quantity: string): Markup {
  return html`<div class="colour-key"><span>${low}</span><img src="${pngUri(bar)}" alt="Colour scale from ${low} to ${high}."><span>${high}</span><span>${quantity}</span></div>`;
}

const pointsDrawn = 3000;

/** Points [n * 2] by name, drawn on the densities' square. */
export function sampleFigure(
  blocks: Blocks,
  samples: Readonly<Record<string, Float32Array>>,
  extent: number,
): Markup {
  const names = inOrder(Object.keys(samples));
  const panels = names.map((name) =>
    panel(modelName(name).short, scatter(name, samples[name] as Float32Array, extent), extent),
  );
  const outside = names
    .map((name) => `${modelName(name).short} ${count(outsideOf(samples[name] as Float32Array, extent))}`)
    .join(', ');
  const drawn = Math.min(
    pointsDrawn,
    Math.max(...names.map((name) => (samples[name] as Float32Array).length / 2)),
  );
  return blocks.figure(
    'samples',
    html`<div class="panels" data-count="${panels.length}">${panels}</div>`,
    html`Samples over x₁ (across) and x₂ (up), on the same square as the densities;
the first ${count(drawn)} of each. Outside the square lie: ${outside}.`,
  );
}

/** One dot a point, as a single path of zero-length strokes with round ends. */
function scatter(name: string, points: Float32Array, extent: number): Markup {
  let path = '';
  for (let i = 0; i < Math.min(points.length, 2 * pointsDrawn); i += 2) {
    const [x, y] = [points[i] as number, points[i + 1] as number];
    if (Math.abs(x) <= extent && Math.abs(y) <= extent) path += `M${x.toFixed(2)} ${(-y).toFixed(2)}h0`;
  }
  return html`<svg viewBox="${-extent} ${-extent} ${2 * extent} ${2 * extent}" role="img" aria-label="Samples: ${modelName(name).long}."><path class="dots" style="stroke:${lineStyle(name).colour}" d="${trustedMarkup(path)}"></path></svg>`;
}

function outsideOf(points: Float32Array, extent: number): number {
  let outside = 0;
  for (let i = 0; i < points.length; i += 2) {
    if (!(Math.abs(points[i] as number) <= extent && Math.abs(points[i + 1] as number) <= extent)) outside++;
  }
  return outside;
}

/** A square with its name above and ticks along two sides. */
function panel(title: string, content: Markup, extent: number): Markup {
  const end = Math.floor((extent * 2) / 3);
  const ticks = [-end, 0, end].map((at) => ({
    at: String(at).replace('-', '−'),
    share: (100 * (at + extent)) / (2 * extent),
  }));
  return html`<div class="panel"><div class="panel-title">${title}</div><div class="square">${content}
${ticks.map(({ at, share }) => html`<i class="tick-x" style="left:${share}%">${at}</i><i class="tick-y" style="bottom:${share}%">${at}</i>`)}</div></div>`;
}

export function pngUri(png: Uint8Array): string {
  return `data:image/png;base64,${Buffer.from(png.buffer, png.byteOffset, png.byteLength).toString('base64')}`;
}
