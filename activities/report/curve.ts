/** Curves over updates as SVG (Observable Plot, without a browser). Text takes the page's colour, lines take
 *  CSS variables: light and dark both work. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { escapeHtml, html, trustedMarkup, type Markup } from './html.ts';
import type { LineStyle } from './model-names.ts';
import { count, significant, superscript } from './number-format.ts';

export type Point = readonly [update: number, value: number];

export interface Series {
  readonly label: string;
  readonly style: LineStyle;
  readonly points: readonly Point[];
}

export interface Chart {
  readonly title: string;
  /** Unit and quantity of the vertical axis. */
  readonly axis: string;
  readonly series: readonly Series[];
  readonly log?: boolean;
  /** A horizontal line with its name. */
  readonly rule?: { readonly at: number; readonly label: string };
  /** Vertical marks: updates at which something happened. */
  readonly events?: readonly number[];
  /** Vertical range where it is not the data's; lines are cut off there. */
  readonly range?: readonly [number, number];
}

const pointsKept = 400;

/** At most `pointsKept` points: in each stretch of updates the lowest and the highest value stay, so no peak
 *  is lost. */
export function thin(points: readonly Point[]): readonly Point[] {
  if (points.length <= pointsKept) return points;
  const stretch = Math.ceil((2 * points.length) / pointsKept);
  const kept: Point[] = [];
  for (let start = 0; start < points.length; start += stretch) {
    const part = points.slice(start, start + stretch);
    const low = part.reduce((a, b) => (b[1] < a[1] ? b : a));
    const high = part.reduce((a, b) => (b[1] > a[1] ? b : a));
    kept.push(...(low[0] < high[0] ? [low, high] : high === low ? [low] : [high, low]));
  }
  return [...kept, points.at(-1) as Point];
}

export function curve(chart: Chart, size: { readonly width: number; readonly height: number }): Markup {
  const { document } = parseHTML('<html><body></body></html>');
  const svg = Plot.plot({
    document: document as never,
    ...size,
    marginLeft: 52,
    marginBottom: 40,
    marginTop: 14,
    marginRight: 26,
    style: { fontSize: '12px' },
    x: {
      label: 'update',
      labelAnchor: 'center',
      labelArrow: 'none',
      ticks: size.width > 600 ? 10 : 5,
      tickFormat: tick,
      domain: updateDomain(chart),
    },
    y: { label: null, grid: true, ...(chart.log ? logarithmic(chart) : linear(chart)) },
    marks: [...frame(chart), ...chart.series.flatMap((series) => line(series, chart)), ...ruleName(chart)],
  });
  // it is one picture: names of its parts are read out nowhere, and not allowed on them
  for (const part of svg.querySelectorAll('[aria-label]')) part.removeAttribute('aria-label');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', 'ALT');
  const clip = `clip-${size.width}-${chart.title.replaceAll(/\W+/g, '-')}`;
  return trustedMarkup(
    svg.outerHTML
      .replace('aria-label="ALT"', () => `aria-label="${escapeHtml(describe(chart))}"`)
      .replaceAll(/plot-clip-\d+/g, clip),
  ); // Plot counts over the life of the process, and a report is the same file every time
}

/** The chart in words, for those who do not see it. */
export function describe(chart: Chart): string {
  const lines = chart.series.map(({ label, points }) => {
    const [first, last] = [points[0], points.at(-1)];
    return first && last
      ? `${label} from ${significant(first[1])} at update ${first[0]} to ${significant(last[1])} at `
          + `update ${last[0]}`
      : `${label}: no values`;
  });
  return `${chart.title}, ${chart.axis}: ${lines.join('; ')}.`;
}

export function curveLegend(series: readonly Series[]): Markup {
  return html`<ul class="legend">${series.map(
    ({
      label,
      style,
    }) => html`<li><svg width="28" height="8" aria-hidden="true"><line x1="0" x2="28" y1="4" y2="4"
    style="stroke:${style.colour}" stroke-width="2" stroke-dasharray="${style.dash}"></line></svg>${label}</li>`,
  )}</ul>`;
}

function line({ points, style }: Series, chart: Chart): Plot.Markish[] {
  const drawn = thin(points.filter(([, value]) => Number.isFinite(value) && (!chart.log || value > 0)));
  const options = { x: (p: Point) => p[0], y: (p: Point) => p[1], stroke: style.colour, clip: true };
  if (drawn.length === 1) return [Plot.dot(drawn, { ...options, fill: style.colour, r: 3 })];
  return [Plot.lineY(drawn, { ...options, strokeWidth: 1.6, strokeDasharray: style.dash || undefined })];
}

function frame({ rule, events = [] }: Chart): Plot.Markish[] {
  return [
    Plot.frame({ strokeOpacity: 0.25 }),
    Plot.ruleX(events, { stroke: 'var(--event)', strokeDasharray: '1 3' }),
    Plot.ruleY(rule === undefined ? [] : [rule.at], { strokeOpacity: 0.7, strokeDasharray: '5 4' }),
  ];
}

/** Above all lines, with a rim of paper around the letters. */
function ruleName({ rule }: Chart): Plot.Markish[] {
  if (rule === undefined) return [];
  return [
    Plot.text([rule], {
      frameAnchor: 'right',
      y: 'at',
      text: 'label',
      dx: -6,
      dy: -10,
      textAnchor: 'end',
      fontStyle: 'italic',
      stroke: 'var(--paper)',
      strokeWidth: 4,
      fill: 'currentColor',
    }),
  ];
}

function updateDomain({ series }: Chart): [number, number] {
  return [0, Math.max(1, ...series.map(({ points }) => points.at(-1)?.[0] ?? 0))];
}

function linear({ range }: Chart): Plot.ScaleOptions {
  return { ticks: 5, tickFormat: tick, ...(range === undefined ? { nice: true } : { domain: [...range] }) };
}

/** Whole decades around the positive values, a tick at each. */
function logarithmic({ series }: Chart): Plot.ScaleOptions {
  const exponents = series
    .flatMap(({ points }) => points.map(([, value]) => Math.log10(value)))
    .filter(Number.isFinite);
  const lowest = exponents.length === 0 ? 0 : exponents.reduce((a, b) => Math.min(a, b));
  const low = Math.floor(lowest);
  const high = Math.ceil(exponents.reduce((a, b) => Math.max(a, b), low + 1));
  return {
    type: 'log',
    domain: [10 ** low, 10 ** high],
    ticks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)),
    tickFormat: decade,
  };
}

function decade(value: number): string {
  const power = Math.round(Math.log10(value));
  if (power >= -3 && power <= 3) return String(Number(value.toPrecision(1)));
  return `10${superscript(power)}`;
}

function tick(value: number): string {
  if (Math.abs(value) >= 1e6) return `${value / 1e6} M`;
  if (Math.abs(value) >= 1000) return count(value);
  const short = Number(value.toPrecision(6));
  // learning rates that hardly change: their labels would not fit beside the axis
  return (
    Math.abs(short) < 0.01 && String(short).length > 7 ? short.toExponential() : String(short)
  ).replaceAll('-', '−');
}
