import type { Value, ParameterValues } from '../../models/search/parameter.ts';
import { shellQuoted } from '../config/shell-quoted.ts';

/** A command with settings behind it, as they are typed. */
export const commandWith = (command: string, values: ParameterValues): string =>
  [
    command,
    ...Object.entries(values).flatMap(([path, value]) => ['--set', shellQuoted(settingText(path, value))]),
  ].join(' ');

/** As --set reads it: a text that is no JSON stands for itself. */
export function settingText(path: string, value: Value): string {
  return `${path}=${typeof value === 'string' && !isJson(value) ? value : JSON.stringify(value)}`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
