/** A run record as people read it in a terminal. */
import { join } from 'node:path';
import type pc from 'picocolors';
import { columns } from './columns.ts';
import { duration, localTime, number } from './format.ts';
import type { StoredRecord } from './run-files.ts';
import { statusText } from './status-text.ts';

type Colors = ReturnType<typeof pc.createColors>;

export function recordLines(record: StoredRecord, folder: string, idle: boolean, colors: Colors): string[] {
  const { setupS, totalS, ...stages } = numbers(record['timings']);
  const overview = [
    ['started', localTime(record.startedAt)],
    ['seed', String(record.seed)],
    ...(record['partialData'] === true ? [['data', colors.yellow('partial: fewer images than the official set')]] : []),
    ...(setupS !== undefined ? [['set-up', duration(setupS)]] : []),
    ...(totalS !== undefined ? [['total', duration(totalS)]] : []),
    ...(typeof record['failure'] === 'string' ? [['failure', colors.red(record['failure'])]] : []),
    ...(record.status === 'completed' ? [['report', join(folder, 'report.html')]] : []),
    ['folder', folder],
  ];
  return [
    `${colors.bold(record.id)}  ${statusText(record.status, idle, colors)}`,
    ...indented(columns(overview)),
    ...section('Stages', Object.entries(stages).map(([name, seconds]) => [name.replace(/S$/, ''), duration(seconds)]), colors),
    ...resultLines(record, colors),
    ...section('Final weights, SHA-256', leaves(record['weightsSha256']).map(([name, hash]) => [name, String(hash)]), colors),
    ...section('Decisions', decisionRows(record['decisions']), colors),
  ];
}

/** The table of results, as a run prints it at its end too. */
export function resultLines(record: StoredRecord, colors: Colors): string[] {
  const rows = leaves(record['results']).map(([name, value]) => [name, typeof value === 'number' ? number(value) : String(value)]);
  return section('Results', rows, colors);
}

function section(title: string, rows: readonly (readonly string[])[], colors: Colors): string[] {
  return rows.length === 0 ? [] : ['', colors.bold(title), ...indented(columns(rows))];
}

function indented(lines: readonly string[]): string[] {
  return lines.map(line => `  ${line}`);
}

function decisionRows(decisions: unknown): string[][] {
  if (!Array.isArray(decisions)) return [];
  return decisions.map(({ at, what, sentence }: Record<string, unknown>) => [localTime(String(at)), String(what), String(sentence)]);
}

function numbers(section: unknown): Record<string, number> {
  return Object.fromEntries(leaves(section).filter((leaf): leaf is [string, number] => typeof leaf[1] === 'number'));
}

/** Every value of nested sections under its dotted name. */
function leaves(value: unknown, name = ''): [string, unknown][] {
  if (value === null || value === undefined) return [];
  if (typeof value !== 'object') return [[name, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, name === '' ? key : `${name}.${key}`));
}
