/** A small table in plain text: columns as wide as their widest cell, two spaces between. */
import { stripVTControlCharacters } from 'node:util';

export function columns(
  rows: readonly (readonly string[])[],
  rightAligned: readonly number[] = [],
): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries())
      widths[index] = Math.max(widths[index] ?? 0, visibleLength(cell));
  return rows.map((row) =>
    row
      .map((cell, index) => pad(cell, widths[index]!, rightAligned.includes(index)))
      .join('  ')
      .trimEnd(),
  );
}

export function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length;
}

function pad(cell: string, width: number, right: boolean): string {
  const space = ' '.repeat(width - visibleLength(cell));
  return right ? space + cell : cell + space;
}
