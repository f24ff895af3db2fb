/** Of a key that a section does not know: the one that may be meant. */
import type { z } from 'zod';
import { nearest } from '../../base/nearest.ts';
import { isSection } from './setting.ts';

type Issue = z.core.$ZodIssue;

/** A sentence with a space before it; empty for an issue of another kind. `content` is what the schema
 *  refused, with all `issues`. A section's keys are those that it has, those that it misses, and those that
 *  the schema fills in once all unknown keys are left out. */
export function guessOfKey(
  schema: z.ZodType,
  content: unknown,
  issue: Issue,
  issues: readonly Issue[],
): string {
  if (issue.code !== 'unrecognized_keys') return '';
  const { path, keys } = issue;
  const left = issues.reduce(
    (node, one) => (one.code === 'unrecognized_keys' ? without(node, one.path, one.keys) : node),
    content,
  );
  const missing = issues
    .filter((one) => one.path.length === path.length + 1 && path.every((key, i) => key === one.path[i]))
    .map((one) => String(one.path.at(-1)));
  const known = new Set([...missing, ...keysAt(schema.safeParse(left).data, path), ...keysAt(left, path)]);
  const guess = nearest(keys[0]!, known);
  if (guess !== null) return ` Did you mean ${guess}?`;
  return known.size === 0 ? '' : ` It has ${[...known].join(', ')}.`;
}

function without(node: unknown, [key, ...rest]: readonly PropertyKey[], keys: readonly string[]): unknown {
  if (!isSection(node)) return node;
  if (key === undefined)
    return Object.fromEntries(Object.entries(node).filter(([name]) => !keys.includes(name)));
  const name = String(key);
  return Array.isArray(node)
    ? node.map((one: unknown, i) => (String(i) === name ? without(one, rest, keys) : one))
    : { ...node, [name]: without(node[name], rest, keys) };
}

function keysAt(content: unknown, path: readonly PropertyKey[]): string[] {
  const section = path.reduce<unknown>(
    (node, key) => (isSection(node) ? node[String(key)] : undefined),
    content,
  );
  return isSection(section) ? Object.keys(section) : [];
}
