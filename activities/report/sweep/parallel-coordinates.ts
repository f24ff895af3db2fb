/** Trials as lines over one axis for each setting and one for the objective: the better, the darker. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { unitPlace, type Parameter, type Value } from '../../../models/search/parameter.ts';
import { trustedMarkup, type Markup } from '../html.ts';
import { significant } from '../number-format.ts';

export interface DrawnTrial {
  readonly trial: number;
  readonly values: Readonly<Record<string, Value>>;
  readonly objective: number;
  readonly colour: string;
  readonly best: boolean;
}

interface Axis {
  readonly name: string;
  /** 0 is below. */
  readonly place: (trial: DrawnTrial) => number;
  readonly marks: readonly { readonly at: number; readonly text: string }[];
}

/** The worst first: the best lies on top. */
export function parallelCoordinates(
  title: string,
  parameters: Readonly<Record<string, Parameter>>,
  trials: readonly DrawnTrial[],
  metric: string,
  size: { readonly width: number; readonly height: number },
): Markup {
  const axes = [
    ...Object.entries(parameters).map(([name, parameter]) => axisOf(name, parameter)),
    objectiveAxis(metric, trials),
  ];
  const { document } = parseHTML('<html><body></body></html>');
  const lines = trials
    .toReversed()
    .flatMap((trial) => axes.map((axis, index) => ({ trial, x: index, y: axis.place(trial) })));
  const marks = axes.flatMap((axis, x) => axis.marks.map(({ at, text }) => ({ x, y: at, text })));
  const svg = Plot.plot({
    document: document as never,
    ...size,
    marginLeft: 60,
    marginRight: 60,
    marginTop: 40,
    marginBottom: 16,
    style: { fontSize: '11px' },
    x: { axis: null, domain: [0, axes.length - 1] },
    y: { axis: null, domain: [-0.04, 1.04] },
    marks: [
      Plot.ruleX(
        axes.map((_, x) => x),
        { strokeOpacity: 0.5 },
      ),
      Plot.line(lines, {
        x: 'x',
        y: 'y',
        z: (point) => point.trial.trial,
        stroke: (point) => point.trial.colour,
        strokeWidth: (point) => (point.trial.best ? 3 : 1.3),
        strokeOpacity: 0.85,
      }),
      Plot.text(marks, {
        x: 'x',
        y: 'y',
        text: 'text',
        dx: 5,
        textAnchor: 'start',
        stroke: 'var(--paper)',
        strokeWidth: 4,
        fill: 'currentColor',
      }),
      Plot.text(
        axes.map(({ name }, x) => ({ x, text: name.split('.').slice(-2).join('.') })),
        {
          x: 'x',
          frameAnchor: 'top',
          dy: -26,
          text: 'text',
          fontWeight: 'bold',
          lineWidth: 12,
          fill: 'currentColor',
        },
      ),
    ],
    color: { type: 'identity' },
  });
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', title);
  return trustedMarkup(svg.outerHTML);
}

function axisOf(name: string, parameter: Parameter): Axis {
  const place = (trial: DrawnTrial): number => unitPlace(parameter, trial.values[name]!);
  const at = (value: Value): { at: number; text: string } => ({
    at: unitPlace(parameter, value),
    text: typeof value === 'string' ? value : JSON.stringify(value),
  });
  if (parameter.kind === 'choice') return { name, place, marks: parameter.values.map(at) };
  const { min, max } = parameter;
  const middle = parameter.kind === 'logUniform' ? Math.sqrt(min * max) : (min + max) / 2;
  return {
    name,
    place,
    marks:
      parameter.kind === 'int'
        ? [at(min), at(max)]
        : [min, middle, max].map((value) => at(Number(value.toPrecision(2)))),
  };
}

/** Logarithmic where it spans more than a factor of thirty. */
function objectiveAxis(metric: string, trials: readonly DrawnTrial[]): Axis {
  const values = trials.map(({ objective }) => objective);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const log = low > 0 && high / low > 30;
  const scaled = (value: number): number =>
    high === low ? 0.5 : log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  const ends = high === low ? [low] : [low, high];
  return {
    name: metric,
    place: ({ objective }) => scaled(objective),
    marks: ends.map((value) => ({ at: scaled(value), text: significant(value) })),
  };
}
