/** What zod found wrong with a configuration, as one sentence: option, rule, value, and the remedy where the
 *  rule is our own. */
import type { z } from 'zod';
import { inShort } from './in-short.ts';

type Issue = z.core.$ZodIssue;

export function describeIssue(option: string, issue: Issue): string {
  if (issue.code === 'unrecognized_keys') {
    return `Expected ${option} to have known keys only, got ${inShort(issue.keys.map((key) => JSON.stringify(key)).join(', '))}.`;
  }
  return (
    `Expected ${option} to be ${ruleOf(issue)}, got `
    + `${shown(offendingValue(issue))}${asWord(offendingValue(issue))}${remedyOf(issue)}.`
  );
}

/** Of what other languages write for what JSON has a word for. */
function asWord(value: unknown): string {
  return typeof value === 'string' && /^(none|nil|null|true|false)$/i.test(value)
    ? ', which is a text here: null, true and false are written so'
    : '';
}

function remedyOf(issue: Issue): string {
  return issue.code === 'custom' && typeof issue.params?.remedy === 'string'
    ? `; ${issue.params.remedy}`
    : '';
}

function ruleOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeNames[issue.expected] ?? `a ${issue.expected}`;
    case 'too_small':
      return bound(issue.origin, issue.inclusive ? 'at least' : 'above', issue.minimum);
    case 'too_big':
      return bound(issue.origin, issue.inclusive ? 'at most' : 'below', issue.maximum);
    case 'invalid_value':
      return oneOf(issue.values);
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    // a rule that says itself what it wants does so in words
    case 'invalid_format':
      return issue.message.startsWith('Invalid')
        ? `a text of the form ${issue.pattern ?? issue.format}`
        : issue.message;
    case 'invalid_key':
      return 'a section whose every key has its form';
    case 'invalid_element':
      return 'a list whose every entry has its form';
    case 'invalid_union':
      return issue.discriminator && 'options' in issue
        ? oneOf(issue.options ?? [])
        : 'one of the known forms';
    default:
      return issue.message;
  }
}

const typeNames: Readonly<Record<string, string>> = {
  record: 'a section {...}',
  tuple: 'a list [...]',
  int: 'a whole number',
  number: 'a number',
  object: 'a section {...}',
  array: 'a list [...]',
  boolean: 'true or false',
  string: 'a text',
};

function bound(origin: string, relation: string, limit: number | bigint): string {
  if (origin === 'string') return `a text of ${relation} ${limit} characters`;
  return origin === 'array' ? `a list of ${relation} ${limit} entries` : `${relation} ${limit}`;
}

function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? shown(values[0]) : `one of ${values.map(shown).join(', ')}`;
}

/** A union's issue points at the discriminator, its input is the section around it. */
function offendingValue(issue: Issue): unknown {
  const input = issue.input;
  if (issue.code !== 'invalid_union' || !issue.discriminator || typeof input !== 'object' || input === null)
    return input;
  return (input as Record<string, unknown>)[issue.discriminator];
}

function shown(value: unknown): string {
  // JSON has no such number, though it can be written in it, as 1e400
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return value === undefined ? 'nothing' : inShort(jsonOf(value) ?? `a ${typeof value}`);
}

/** A module may export what JSON does not have: null then. */
function jsonOf(value: unknown): string | null {
  try {
    return JSON.stringify(value) ?? null;
  } catch {
    return null;
  }
}
