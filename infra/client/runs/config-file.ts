/** A configuration file of `--config`: YAML (or JSON, which is YAML too), read as data only. It has any part
 *  of a configuration, and stands for as many `--set`. */
import { CounterflowError } from '../../base/user-error.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { inShort } from '../../base/in-short.ts';
import { invocation } from '../../base/invocation.ts';
import { readYaml, requireSmallFile } from '../../base/read-yaml.ts';
import { isSection, type Setting } from './setting.ts';

/** What a file asks for, not yet held against a configuration. */
export interface ConfigFile {
  readonly path: string;
  readonly content: Readonly<Record<string, unknown>>;
}

/** Throws CounterflowError: no file, no YAML, or no section at its top. */
export async function readConfigFile(path: string): Promise<ConfigFile> {
  await requireSmallFile(
    path,
    `Expected --config to name a file, got ${JSON.stringify(path)}; \`${invocation} config NAME\` `
      + 'prints one to begin with.',
  );
  const content = await readYaml(path);
  if (!isSection(content) || Array.isArray(content)) {
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected ${path} to hold sections of a configuration, such as \`contrast:\`, got `
        + `${inShort(JSON.stringify(content) ?? 'nothing')}.`,
    );
  }
  return { path, content };
}

/** As settings: value by value, but for a section that is of another kind than the configuration's, or stands
 *  where that has none. That is set as a whole. */
export function settingsOf({ path, content }: ConfigFile, config: unknown): Setting[] {
  const within = (given: Readonly<Record<string, unknown>>, known: unknown, before: string): Setting[] =>
    Object.entries(given).flatMap(([key, value]) => {
      const there = isSection(known) ? known[key] : undefined;
      const whole = (asked: unknown): Setting[] => [
        { path: `${before}${key}`, value: asked, text: JSON.stringify(asked), from: path },
      ];
      if (!isSection(value) || Array.isArray(value) || !isSection(there) || !isOfOneKind(value, there))
        return whole(value);
      // what a section may leave out, and leaves out here, is no path yet
      const isKnown = Object.keys(value).every((name) => Object.hasOwn(there, name));
      return isKnown ? within(value, there, `${before}${key}.`) : whole({ ...there, ...value });
    });
  return within(content, config, '');
}

/** Sections of one form: a part of one is a part of the other. */
const isOfOneKind = (
  given: Readonly<Record<string, unknown>>,
  known: Readonly<Record<string, unknown>>,
): boolean => ['kind', 'method'].every((name) => given[name] === undefined || given[name] === known[name]);
