/** A pickle's value in a message, short whatever it is: a list can hold another ten times, that one a third
 *  ten times and so on, and a few hundred bytes of file would become gigabytes of text. */
import type { PickleValue } from './unpickle.ts';

const longest = 100;
const mostEntries = 16;

export function pickleShown(value: PickleValue, deep = false): string {
  if (typeof value === 'string') return value.slice(0, longest);
  if (!Array.isArray(value)) return typeof value === 'object' && value !== null ? 'an object' : String(value);
  return deep
    ? '[...]'
    : `[${value
        .slice(0, mostEntries)
        .map((one) => pickleShown(one, true))
        .join()}${value.length > mostEntries ? ',...' : ''}]`;
}
