/** Characters of a value that a sentence has room for. */
const longest = 120;

/** A value as it was given, in a sentence: of a long one its beginning, and how long it is. */
export function inShort(text: string): string {
  return text.length <= longest
    ? text
    : `${text.slice(0, longest).replace(/[\uD800-\uDBFF]$/, '')}… (${text.length} characters)`;
}
