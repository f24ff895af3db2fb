/** A record's results as a table: measure by model, whatever the evaluation wrote. */
import { byDottedName, type Row } from '../config/dotted.ts';
import { modelRank } from './model-names.ts';
import { fixed, significant } from './number-format.ts';

/** By measure, then model; NaN where the evaluation wrote that a value is not finite. */
export type Results = ReadonlyMap<string, ReadonlyMap<string, number>>;

const models: ReadonlySet<string> = new Set([
  'data',
  'flowInitial',
  'flowMle',
  'flowFce',
  'flowControl',
  'vae',
  'dcgan',
  'ebmFce',
  'ebmNceStandard',
  'ebmNceMatched',
]);

/** As the evaluation writes them, for JSON has no numbers for them. */
const notFinite: ReadonlySet<unknown> = new Set(['NaN', 'Infinity', '-Infinity']);

/** Names of before, which programs go on reading, and what the same figure is called now. */
const renamed = { 'logNormalizer.quadrature': 'logNormalizer.trueMinusLearned' } as const;
const isOld = (measure: string): measure is keyof typeof renamed => measure in renamed;

/** `mse.ebmFce` is measure `mse` of `ebmFce`, `logNormalizer.ebmFce.learned` is measure
 *  `logNormalizer.learned` of it; null for the rest. */
function partsOf(name: string): { readonly measure: string; readonly model: string } | null {
  const parts = name.split('.');
  const at = parts.findIndex((part, i) => i > 0 && models.has(part));
  return at < 0 ? null : { measure: parts.filter((_, i) => i !== at).join('.'), model: parts[at]! };
}

/** What is no figure of a model is left out. */
export function resultsByModel(results: unknown): Results {
  const byMeasure = new Map<string, Map<string, number>>();
  for (const [name, value] of byDottedName(results)) {
    const parts = partsOf(name);
    if (parts === null || (typeof value !== 'number' && !notFinite.has(value))) continue;
    const measure = isOld(parts.measure) ? renamed[parts.measure] : parts.measure;
    const column = byMeasure.get(measure) ?? new Map<string, number>();
    byMeasure.set(measure, column.set(parts.model, typeof value === 'number' ? value : NaN));
  }
  const order = Object.keys(measures);
  const rank = (measure: string) => (order.includes(measure) ? order.indexOf(measure) : order.length);
  return new Map([...byMeasure].sort(([a], [b]) => rank(a) - rank(b)));
}

/** What a run is judged by, first where results are listed. */
export const headlines: readonly string[] = [
  'mse',
  'bitsPerDim',
  'fid',
  'frechet',
  'kid',
  'kernel',
  'precision',
  'recall',
];

/** Results under their dotted names as people read them: headlines first, then other measures, models in
 *  their order within each; against the training images before the test images; at last what is no figure of
 *  a model. An old name is left out where the new one is there. */
export function listedResults(results: unknown): Row[] {
  const rows = byDottedName(results);
  const order = [...new Set([...headlines, ...Object.keys(measures)])];
  const rank = (name: string): readonly [number, number] => {
    const parts = partsOf(name);
    if (parts === null) return [order.length + 1, 0];
    const at = order.indexOf(parts.measure);
    return [at < 0 ? order.length : at, modelRank(parts.model)];
  };
  const ranked = [...rows]
    .filter(([name]) => name !== '' && !isSaidAnew(name, rows))
    .map((row) => ({ row, rank: rank(row[0]) }));
  return ranked.sort((a, b) => a.rank[0] - b.rank[0] || a.rank[1] - b.rank[1]).map(({ row }) => row);
}

function isSaidAnew(name: string, rows: ReadonlyMap<string, unknown>): boolean {
  const parts = partsOf(name);
  if (parts === null || !isOld(parts.measure)) return false;
  const [group, now] = renamed[parts.measure].split('.');
  return rows.has(`${group}.${parts.model}.${now}`);
}

interface Measure {
  readonly header: string;
  format(value: number): string;
}

const to =
  (decimals: number) =>
  (value: number): string =>
    fixed(value, decimals);

/** In the order of their columns. */
const measures: Readonly<Record<string, Measure>> = {
  mse: { header: 'MSE of log-density (nats²)', format: (value) => significant(value) },
  bitsPerDim: { header: 'Bits per dimension, test', format: to(3) },
  'bitsPerDim.median': { header: 'Bits per dimension, median test image', format: to(3) },
  'bitsPerDim.worst': { header: 'Bits per dimension, worst test image', format: to(3) },
  fid: { header: 'FID', format: to(2) },
  'fid.test': { header: 'FID to test images', format: to(2) },
  'fid.reference': { header: 'FID to the statistics given', format: to(2) },
  frechet: { header: 'Fréchet distance', format: to(2) },
  'frechet.test': { header: 'Fréchet distance to test images', format: to(2) },
  'frechet.reference': { header: 'Fréchet distance to the statistics given', format: to(2) },
  kid: { header: 'KID', format: (value) => significant(value) },
  kernel: { header: 'Kernel distance', format: (value) => significant(value) },
  'kid.deviation': { header: 'KID, standard deviation over subsets', format: (value) => significant(value) },
  'kernel.deviation': {
    header: 'Kernel distance, standard deviation over subsets',
    format: (value) => significant(value),
  },
  precision: { header: 'Precision', format: to(3) },
  recall: { header: 'Recall', format: to(3) },
  'logNormalizer.learned': { header: 'Learned c (nats)', format: to(4) },
  'logNormalizer.true': { header: 'True log normaliser (nats)', format: to(4) },
  'logNormalizer.trueMinusLearned': { header: 'True log normaliser − learned c (nats)', format: to(4) },
  'neighbours.rmsGreyLevels': { header: 'Nearest training image (grey levels)', format: to(2) },
  'reconstruction.rmsGreyLevels': {
    header: 'Reconstruction, RMS error (grey levels)',
    format: (value) => significant(value),
  },
  'reconstruction.maxGreyLevels': {
    header: 'Reconstruction, largest error (grey levels)',
    format: (value) => significant(value),
  },
  'samples.maxAbs': { header: 'Largest |x| of the samples', format: (value) => significant(value) },
  'samples.nonFinite': { header: 'Samples not finite', format: (value) => significant(value) },
};

export function measureHeader(measure: string): string {
  return measures[measure]?.header ?? measure;
}

export function formatMeasure(measure: string, value: number): string {
  if (!Number.isFinite(value)) return 'not finite';
  return measures[measure]?.format(value) ?? significant(value, 4);
}
