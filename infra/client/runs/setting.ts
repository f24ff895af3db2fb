/** One `--set path=value`: how it is read, and how it changes a configuration. */
import { CounterflowError } from '../../base/user-error.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { invocation } from '../../base/invocation.ts';
import { nearest } from '../../base/nearest.ts';

export interface Setting {
  readonly path: string;
  readonly value: unknown;
  /** As the user typed the value, for messages. */
  readonly text: string;
  /** The configuration file that has it; left out of what was typed. */
  readonly from?: string;
}

/** The value is JSON where it parses as JSON, else the text itself. */
export function parseSetting(argument: string): Setting {
  const equals = argument.indexOf('=');
  if (equals < 1)
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected --set path=value, got --set ${JSON.stringify(argument)}.`,
    );
  const text = argument.slice(equals + 1);
  return { path: argument.slice(0, equals).trim(), value: parseValue(text), text };
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A copy of the configuration with the setting applied. Throws CounterflowError if the configuration has no
 *  such path. */
export function applySetting(config: unknown, setting: Setting, about = setting.from ?? '--set'): unknown {
  const copy = structuredClone(config);
  const keys = setting.path.split('.');
  const last = keys.pop()!;
  const section = keys.reduce<unknown>(
    (node, key) => (isSection(node) && Object.hasOwn(node, key) ? node[key] : undefined),
    copy,
  );
  if (!isSection(section) || !Object.hasOwn(section, last)) throw unknownPath(copy, setting, about);
  section[last] = setting.value;
  return copy;
}

function unknownPath(config: unknown, { path }: Setting, about: string): CounterflowError {
  const rule = `Expected ${about} to name a path of the configuration, got ${JSON.stringify(path)}`;
  const closed = closedSection(config, path);
  if (closed)
    return new CounterflowError(
      exitCodes.badInput,
      `${rule}; ${closed} is null here: set the whole section, --set ${closed}='{...}'.`,
    );
  const last = path.split('.').at(-1)!;
  const ending = [...paths(config)].filter((known) => known.endsWith(`.${path}`));
  if (ending.length > 1)
    return new CounterflowError(exitCodes.badInput, `${rule}; did you mean one of ${ending.join(', ')}?`);
  const guess =
    ending[0]
    ?? nearest(path, paths(config))
    ?? [...paths(config)].find((known) => known.endsWith(`.${last}`))
    ?? nearest(last, paths(config));
  return new CounterflowError(
    exitCodes.badInput,
    guess ? `${rule}; did you mean ${guess}?` : `${rule}; \`${invocation} run --help\` shows examples.`,
  );
}

/** The longest beginning of the path whose value is null: a section that is switched off. */
function closedSection(config: unknown, path: string): string | null {
  const keys = path.split('.');
  let node = config;
  for (const [index, key] of keys.entries()) {
    if (!isSection(node) || !Object.hasOwn(node, key)) return null;
    node = node[key];
    if (node === null && index < keys.length - 1) return keys.slice(0, index + 1).join('.');
  }
  return null;
}

/** Every path of a configuration, sections and leaves. */
export function* paths(config: unknown, prefix = ''): Generator<string> {
  if (!isSection(config) || Array.isArray(config)) return;
  for (const [key, value] of Object.entries(config)) {
    yield prefix + key;
    yield* paths(value, `${prefix}${key}.`);
  }
}

export function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
