/** Nested values as rows of (dotted name, value), the names that `--set` and `show --json` use. */

export type Scalar = string | number | boolean | null;
export type Row = readonly [name: string, value: Scalar];

/** Arrays of scalars stay one row, written as JSON; what is undefined is left out. */
export function flatten(value: unknown, prefix = ''): Row[] {
  if (value === undefined) return [];
  if (isScalar(value)) return [[prefix, value]];
  if (Array.isArray(value) && value.every(isScalar)) return [[prefix, JSON.stringify(value)]];
  const entries = Object.entries(value as object);
  if (entries.length === 0) return [[prefix, Array.isArray(value) ? '[]' : '{}']];
  return entries.flatMap(([name, inner]) => flatten(inner, prefix === '' ? name : `${prefix}.${name}`));
}

/** The finite numbers and texts of nested or dotted results, by dotted name. */
export function byDottedName(value: unknown): Map<string, Scalar> {
  return new Map(value === undefined || value === null ? [] : flatten(value));
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
