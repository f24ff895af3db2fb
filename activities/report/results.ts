/** A record's results as a table: measure by model, whatever the evaluation wrote. */
import { byDottedName } from './flatten.ts';
import { fixed, significant } from './number-format.ts';

/** By measure, then model; NaN where the evaluation wrote that a value is not finite. */
export type Results = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** `frechet.fce` is of the same model as `mse.flowFce`. */
const models: Readonly<Record<string, string>> = {
  data: 'data', flowMle: 'flowMle', flowFce: 'flowFce', ebmFce: 'ebmFce', ebmNceStandard: 'ebmNceStandard', ebmNceMatched: 'ebmNceMatched',
  mle: 'flowMle', fce: 'flowFce',
};

/** As the evaluation writes them, for JSON has no numbers for them. */
const notFinite: ReadonlySet<unknown> = new Set(['NaN', 'Infinity', '-Infinity']);

/** `mse.ebmFce` is measure `mse` of `ebmFce`, `logNormalizer.ebmFce.learned` is measure `logNormalizer.learned` of it; the rest is left out. */
export function resultsByModel(results: unknown): Results {
  const byMeasure = new Map<string, Map<string, number>>();
  for (const [name, value] of byDottedName(results)) {
    const parts = name.split('.');
    const at = parts.findIndex((part, i) => i > 0 && Object.hasOwn(models, part));
    if (at < 0 || (typeof value !== 'number' && !notFinite.has(value))) continue;
    const measure = parts.filter((_, i) => i !== at).join('.');
    const column = byMeasure.get(measure) ?? new Map<string, number>();
    byMeasure.set(measure, column.set(models[parts[at] as string] as string, typeof value === 'number' ? value : NaN));
  }
  const order = Object.keys(measures);
  const rank = (measure: string) => (order.includes(measure) ? order.indexOf(measure) : order.length);
  return new Map([...byMeasure].sort(([a], [b]) => rank(a) - rank(b)));
}

interface Measure {
  readonly header: string;
  format(value: number): string;
}

const measures: Readonly<Record<string, Measure>> = {
  mse: { header: 'MSE of log-density (nats²)', format: (value) => significant(value) },
  bitsPerDim: { header: 'Bits per dimension, test', format: (value) => fixed(value, 3) },
  frechet: { header: 'Fréchet distance', format: (value) => fixed(value, 2) },
  'logNormalizer.learned': { header: 'Learned c (nats)', format: (value) => fixed(value, 4) },
  'logNormalizer.true': { header: 'True log normaliser (nats)', format: (value) => fixed(value, 4) },
  'logNormalizer.quadrature': { header: 'log ∫ exp(f − c) (nats)', format: (value) => fixed(value, 4) },
};

export function measureHeader(measure: string): string {
  return measures[measure]?.header ?? measure;
}

export function formatMeasure(measure: string, value: number): string {
  if (!Number.isFinite(value)) return 'not finite';
  return measures[measure]?.format(value) ?? significant(value, 4);
}
