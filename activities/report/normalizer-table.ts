/** How far an EBM's learned log normaliser is off, by importance sampling, and what that does to its bits per
 *  dimension. */
import { fewestEffectiveSamples } from '../health/judge-results.ts';
import type { Blocks, Cell } from './blocks.ts';
import type { ReportRecord } from './contract.ts';
import { html, type Markup } from './html.ts';
import { inOrder, modelName } from './model-names.ts';
import { count, fixed, significant } from './number-format.ts';
import { formatMeasure, resultsByModel } from './results.ts';

export const isNormaliser = (measure: string): boolean =>
  measure.startsWith('logNormalizer.') || measure === 'bitsPerDim.importance';

/** null where no normaliser was estimated. */
export function normalizerTable(blocks: Blocks, record: ReportRecord): Markup | null {
  const results = resultsByModel(record.results);
  const estimated = results.get('logNormalizer.importance');
  if (record.config.dataset.kind === 'toy' || estimated === undefined) return null;
  const of = (measure: string, model: string): number => results.get(measure)?.get(model) ?? NaN;
  const models = inOrder(estimated.keys());
  const samples = record.config.evaluation.importanceSamples;
  const rows = models.map((model): Cell[] => [
    modelName(model).short,
    formatMeasure('logNormalizer.learned', of('logNormalizer.learned', model)),
    `${formatMeasure('logNormalizer.learned', of('logNormalizer.importance', model))} ± `
      + `${significant(of('logNormalizer.importanceError', model), 2)}`,
    difference(of('logNormalizer.learned', model) - of('logNormalizer.importance', model)),
    significant(of('logNormalizer.effectiveSamples', model)),
    formatMeasure('bitsPerDim', of('bitsPerDim', model)),
    formatMeasure('bitsPerDim', of('bitsPerDim.importance', model)),
  ]);
  const headers = [
    'Model',
    'Learned c (nats)',
    'log Z by importance sampling (nats)',
    'c − log Z (nats)',
    'Effective samples',
    'Bits/dim with c',
    'Bits/dim with log Z',
  ];
  const table = blocks.table(
    'normalizers',
    html`The EBM’s log normaliser: the learned c, and log Z = log mean exp(f(x) − log q(x)) over ${count(samples)} samples x of Glow-FCE at temperature 1, with its
standard error. A c that is too large makes the bits per dimension look worse, one that is too small better.`,
    headers.map((header, i) => ({ header, numeric: i > 0 })),
    rows,
  );
  return html`${table}${models.filter((model) => !(of('logNormalizer.effectiveSamples', model) >= fewestEffectiveSamples)).map((model) => warning(model, of('logNormalizer.effectiveSamples', model), samples))}`;
}

function warning(model: string, effective: number, samples: number): Markup {
  return html`<p class="notice" role="note"><b>The estimate of ${modelName(model).short}’s log Z means nothing.</b> Of ${count(samples)} samples ${significant(effective)} carry its weight (fewer than
${fewestEffectiveSamples}): the flow hardly draws what the EBM gives weight to. Its standard error, made of the same weights, does not show that.</p>`;
}

const difference = (value: number): string =>
  Number.isFinite(value) ? `${value > 0 ? '+' : ''}${fixed(value, 4)}` : 'not finite';
