/** A section that is null for some runs says so in one row, not in one for each value that the others have
 *  there. */
import type { ComparedValue } from './compared.ts';

export function foldSections(rows: readonly ComparedValue[], ids: readonly string[]): ComparedValue[] {
  const closed = rows.filter(({ values }) => Object.values(values).includes(null));
  const inside = (row: ComparedValue): ComparedValue | undefined =>
    closed.find(
      ({ name, values }) =>
        row.name.startsWith(`${name}.`) && ids.every((id) => id in values !== id in row.values),
    );
  return rows.flatMap((row) => {
    if (inside(row) && allTheSame(row)) return [];
    const within = rows.filter((other) => inside(other) === row);
    return within.length === 0 ? [row] : [{ ...row, values: withSections(row, within, ids) }];
  });
}

/** `{17 values}` for a run that has the section. */
function withSections(
  { values }: ComparedValue,
  within: readonly ComparedValue[],
  ids: readonly string[],
): ComparedValue['values'] {
  const counts = ids.map((id) => [id, within.filter((row) => id in row.values).length] as const);
  return {
    ...values,
    ...Object.fromEntries(
      counts.filter(([, count]) => count > 0).map(([id, count]) => [id, `{${count} values}`]),
    ),
  };
}

function allTheSame({ values }: ComparedValue): boolean {
  const [first, ...others] = Object.values(values);
  return others.every((value) => value === first);
}
