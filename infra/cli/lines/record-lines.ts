/** A run record as people read it in a terminal. */
import { join } from 'node:path';
import { dataSeedOf } from '../../../activities/config/data-seed.ts';
import { meaningless } from '../../../activities/health/judge-results.ts';
import { budgetsOf, unequalIn } from '../../../activities/report/budgets.ts';
import { givenFlowText } from '../../../activities/report/given-flow.ts';
import { listedResults } from '../../../activities/report/results.ts';
import { heldSentence } from '../../../workflows/shared/held-commands.ts';
import type { Kept } from '../../gc/kept-files.ts';
import type { Colors } from './colors.ts';
import { columns } from './columns.ts';
import { pausedIn } from '../../client/records/paused-in.ts';
import { byteText, duration, localTime, number } from '../../base/format.ts';
import type { StoredRecord } from '../../client/records/run-records.ts';
import { statusText } from './status-text.ts';
import { trainedIn, trainedText } from '../../client/runs/trained.ts';

/** `kept`: what is left of it on the disk; left out where nobody has looked. */
export function recordLines(
  record: StoredRecord,
  folder: string,
  idle: boolean,
  colors: Colors,
  kept: readonly Kept[] = [],
): string[] {
  const { setupS, totalS, ...stages } = record.timings ?? {};
  const overview = [
    ['started', localTime(record.startedAt)],
    ['seed', seedText(record)],
    ...(record.until === undefined
      ? []
      : [
          [
            'so far',
            `until update ${number(reachedUpdate(record, record.until))} of `
              + `${number(record.config?.contrast.updates ?? NaN)}`,
          ],
        ]),
    ...(record.status === 'completed'
      ? []
      : trainedIn(record).map((one, i) => [i === 0 ? 'trained' : '', trainedText(one)])),
    ...(record.experimentFile ? [['experiment', experimentText(record.experimentFile)]] : []),
    ...(record.initialFlow ? [['started from', givenFlowText(record.initialFlow)]] : []),
    ...(record.partialData ? [['data', colors.yellow('partial: fewer images than the official set')]] : []),
    ...dataNotes(record, colors),
    ...(setupS ? [['set-up', duration(setupS)]] : []),
    ...(totalS !== undefined ? [['total', duration(totalS)]] : []),
    ...(record.held ?? []).map((held) => ['held', colors.yellow(heldSentence(held))]),
    ...(record.failure ? [['failure', colors.red(record.failure)]] : []),
    ...(record.status === 'completed' ? [['report', join(folder, 'report.html')]] : []),
    ['folder', folder],
  ];
  return [
    `${colors.bold(record.id)}  ${statusText(record.status, idle, colors, pausedIn(record).length > 0)}`,
    ...indented(columns(overview)),
    ...warningLines(record, colors),
    ...section(
      'Stages',
      Object.entries(stages).map(([name, seconds]) => [name.replace(/S$/, ''), duration(seconds)]),
      colors,
    ),
    ...resultLines(record, colors),
    ...budgetLines(record, colors),
    ...section('Final weights, SHA-256', Object.entries(record.weightsSha256 ?? {}), colors),
    ...section('Kept on the disk', keptRows(kept), colors, [1]),
    ...section(
      'Decisions',
      (record.decisions ?? []).map(({ at, what, sentence }) => [localTime(at), what, sentence]),
      colors,
    ),
  ];
}

/** Of a density with the seed of its points, which the run's own decides only where an earlier version began
 *  it. */
function seedText({ seed, config }: StoredRecord): string {
  // a record may come from anywhere
  const ofData = config?.dataset === undefined ? null : dataSeedOf(config);
  return ofData === null ? String(seed) : `${seed}, of the data ${ofData}`;
}

/** The file of a user's own experiment, and where the run keeps it as it was. */
const experimentText = ({ path, sha256, copy }: NonNullable<StoredRecord['experimentFile']>): string =>
  `${path}, kept as ${copy} (SHA-256 ${sha256.slice(0, 12)})`;

/** What people have to know of the data beside the figures. */
export const dataNotes = ({ dataset }: StoredRecord, colors: Colors): [string, string][] =>
  (dataset?.notes ?? []).map((note) => ['data', colors.yellow(note)]);

/** Updates of the contrast: where it stops at `until`, those to the next checkpoint. */
export const reachedUpdate = ({ trainings }: StoredRecord, otherwise: number): number =>
  trainings?.contrast?.updates ?? otherwise;

/** The table of results, as a run prints it at its end too; what means nothing is marked. */
export function resultLines(record: StoredRecord, colors: Colors): string[] {
  const marks = meaningless(record.results);
  const rows = listedResults(record.results).map(([name, value]) => [
    name,
    typeof value === 'number' ? number(value) : colors.yellow(String(value)),
    ...(marks.has(name) ? [colors.yellow(marks.get(name)!)] : []),
  ]);
  return section('Results', rows, colors);
}

/** What results of unequal trainings are read with; nothing where they are equal. */
export function budgetLines(
  { config, trainings, decisions, initialFlow }: StoredRecord,
  colors: Colors,
): string[] {
  const budgets =
    config && trainings
      ? budgetsOf({ config, trainings, ...(decisions && { decisions }), initialFlow })
      : null;
  const sentences = unequalIn(budgets).map(colors.yellow);
  const alike = budgets?.control?.alike ? [budgets.control.sentence] : [];
  return sentences.length + alike.length === 0 ? [] : ['', ...indented([...sentences, ...alike])];
}

/** Why its figures are doubtful, as a run says at its end too. */
export function warningLines({ warnings = [] }: StoredRecord, colors: Colors): string[] {
  return warnings.length === 0
    ? []
    : [
        '',
        colors.yellow(colors.bold('Warnings')),
        ...indented(warnings.map(({ sentence }) => colors.yellow(sentence))),
      ];
}

function keptRows(kept: readonly Kept[]): string[][] {
  if (kept.length === 0) return [];
  const total = kept.reduce((sum, { bytes }) => sum + bytes, 0);
  return [
    ...kept.map(({ kind, bytes, reason }) => [kind, byteText(bytes), reason]),
    ['total', byteText(total), ''],
  ];
}

function section(
  title: string,
  rows: readonly (readonly string[])[],
  colors: Colors,
  rightAligned: readonly number[] = [],
): string[] {
  return rows.length === 0 ? [] : ['', colors.bold(title), ...indented(columns(rows, rightAligned))];
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
