/** A layered graph of boxes and arrows as SVG (dagre places them). Colours are the page's. */
import { Graph, layout } from '@dagrejs/dagre';
import { html, type Markup } from './html.ts';

export interface Box {
  readonly id: string;
  readonly lines: readonly string[];
  /** A class of the style sheet. */
  readonly look: string;
}

export interface Arrow {
  readonly from: string;
  readonly to: string;
}

interface Placed {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const lineHeight = 16;
const [paddingX, paddingY] = [12, 9];
/** Of a letter of the font at 12 pixels, generously. */
const letterWidth = 7.3;

/** `title`: what it shows, for those who do not see it. */
export function lineageFigure(title: string, boxes: readonly Box[], arrows: readonly Arrow[]): Markup {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'TB', nodesep: 18, ranksep: 34, marginx: 4, marginy: 4 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, lines } of boxes) graph.setNode(id, sizeOf(lines));
  for (const { from, to } of arrows) graph.setEdge(from, to);
  layout(graph);
  const routes = arrows.map(({ from, to }) => (graph.edge({ v: from, w: to }) as { points: Point[] }).points);
  const placed = boxes.map((box) => ({ box, at: graph.node(box.id) as unknown as Placed }));
  // dagre's own size leaves arrows out that run around the boxes
  const xs = [
    ...routes.flat().map(({ x }) => x),
    ...placed.flatMap(({ at }) => [at.x - at.width / 2, at.x + at.width / 2]),
  ];
  const bottom = Math.max(...placed.map(({ at }) => at.y + at.height / 2)) + 4;
  const [left, width] = [Math.min(...xs) - 4, Math.max(...xs) - Math.min(...xs) + 8];
  return html`<svg class="lineage" role="img" aria-label="${title}" viewBox="${left.toFixed(1)} 0 ${width.toFixed(1)} ${bottom.toFixed(1)}" style="width:${Math.ceil(width)}px">
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"></path></marker></defs>
${routes.map((points) => html`<path class="arrow" d="${pathOf(points)}" marker-end="url(#tip)"></path>`)}
${placed.map(({ box, at }) => boxOf(box, at))}</svg>`;
}

const sizeOf = (lines: readonly string[]): { width: number; height: number } => ({
  width: 2 * paddingX + letterWidth * Math.max(...lines.map(({ length }) => length)),
  height: 2 * paddingY + lineHeight * lines.length,
});

interface Point {
  readonly x: number;
  readonly y: number;
}

const pathOf = (points: readonly Point[]): string =>
  points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');

function boxOf({ lines, look }: Box, { x, y, width, height }: Placed): Markup {
  const [left, top] = [x - width / 2, y - height / 2];
  return html`<g class="${look}"><rect x="${left.toFixed(1)}" y="${top.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}" rx="4"></rect>
${lines.map((line, index) => html`<text x="${x.toFixed(1)}" y="${(top + paddingY + lineHeight * (index + 0.75)).toFixed(1)}"${index === 0 && html` font-weight="600"`}>${line}</text>`)}</g>`;
}

export const lineageStyle = `
.lineage {
  max-width: none; height: auto; display: block; margin: 0 auto;
  font: 12px ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, monospace;
}
.lineage text { text-anchor: middle; fill: var(--ink); }
.lineage rect { fill: var(--shade); stroke: var(--soft); stroke-width: 1.2; }
.lineage .arrow { fill: none; stroke: var(--soft); stroke-width: 1.2; }
.lineage marker path { fill: var(--soft); }
.lineage .computed rect { stroke: var(--flow-fce); stroke-width: 2; }
.lineage .reused rect { stroke: var(--nce-standard); stroke-width: 2; stroke-dasharray: 6 3; }
.lineage .given rect { stroke: var(--warn); }
`;
