/** The paper's figures beside ours, each with its mark. */
import type { Blocks, Cell } from './blocks.ts';
import type { MetricsLine, ReportRecord } from './contract.ts';
import { html, type Markup } from './html.ts';
import { count, significant } from './number-format.ts';
import { paperToy } from './paper-numbers.ts';
import { meanings, paperTables, tag } from './paper-tables.ts';
import { resultsByModel, type Results } from './results.ts';

export function paperComparison(
  blocks: Blocks,
  record: ReportRecord,
  metrics: readonly MetricsLine[],
): Markup {
  const results = resultsByModel(record.results);
  const { dataset } = record.config;
  return dataset.kind === 'toy'
    ? toyComparison(blocks, dataset.density, results, metrics)
    : paperTables(blocks, record);
}

function toyComparison(
  blocks: Blocks,
  density: string,
  results: Results,
  metrics: readonly MetricsLine[],
): Markup {
  const mse = results.get('mse') ?? new Map<string, number>();
  const { claim, reimplementation } = paperToy;
  const rows: Cell[][] = [
    [
      html`Paper ${tag(claim.mark)}`,
      html`${claim.sentence} No table of these errors is known to us.`,
      orderSentence(mse),
    ],
  ];
  if (density === reimplementation.density) {
    rows.push(
      ...reimplementation.atUpdates.map(({ updates, mse: theirs }): Cell[] => [
        html`Public reimplementation ${tag(reimplementation.mark)}`,
        `FCE’s EBM at ${count(updates)} steps: ${theirs} nats², measured there on training points.`,
        errorAt(metrics, updates),
      ]),
    );
  }
  return blocks.table(
    'paper',
    html`The published 2-D results, and ours.`,
    [{ header: 'Source' }, { header: 'What it says' }, { header: 'This run' }],
    rows,
    meanings(['S', 'C']),
  );
}

function orderSentence(mse: ReadonlyMap<string, number>): string {
  const [fce, nce] = [mse.get('ebmFce'), mse.get('ebmNceStandard')];
  if (fce === undefined || nce === undefined) return 'Not tested: one of the two has no result.';
  const sides = `EBM-FCE ${significant(fce)}, NCE against N(0, I) ${significant(nce)} nats²`;
  return `${sides}: the claim ${fce < nce ? 'holds' : 'does not hold'} in this run.`;
}

/** The last error measured up to an update of the contrast, both players counted. */
function errorAt(metrics: readonly MetricsLine[], updates: number): string {
  const measured = metrics.filter(
    (line) => line.training === 'contrast' && line.update <= updates && typeof line['mse.ebm'] === 'number',
  );
  const last = measured.at(-1);
  if (last === undefined) return 'Not measured.';
  return (
    `EBM-FCE at update ${count(last.update)}, both players counted: `
    + `${significant(last['mse.ebm'] as number)} nats², on held-out points.`
  );
}
