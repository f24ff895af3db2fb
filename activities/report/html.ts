/** HTML as values: whatever is put into a template is escaped unless it is markup already, so that no text of
 *  a record can become an element. */

export class Markup {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] as string);
}

/** Arrays are joined; null, undefined and false leave nothing behind. */
export function html(literals: TemplateStringsArray, ...values: readonly unknown[]): Markup {
  return new Markup(literals.reduce((sofar, literal, i) => sofar + toSource(values[i - 1]) + literal));
}

/** Source from a library that escapes by itself (an SVG serialiser) or from this folder's own constants. */
export function trustedMarkup(source: string): Markup {
  return new Markup(source);
}

function toSource(value: unknown): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Markup) return value.source;
  if (Array.isArray(value)) return value.map(toSource).join('');
  return escapeHtml(String(value));
}
