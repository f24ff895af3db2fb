/** A configuration as YAML in which each path is documented above it: a file for `--config`. */
import { Document, isMap, isScalar, isSeq, type YAMLMap } from 'yaml';
import { documentationOf, type PathDocumentation } from './config-documentation.ts';

const columns = 100;

export function documentedYaml(config: unknown): string {
  const documentation = documentationOf(config);
  const document = new Document(config);
  if (isMap(document.contents)) annotate(document.contents, documentation, '');
  return document.toString({ lineWidth: 0 });
}

function annotate(map: YAMLMap, documentation: ReadonlyMap<string, PathDocumentation>, before: string): void {
  for (const [i, { key, value }] of map.items.entries()) {
    if (!isScalar(key)) continue;
    const path = before + String(key.value);
    const known = documentation.get(path);
    if (known !== undefined) key.commentBefore = commentOf(known, 2 * before.split('.').length);
    if (before === '' && i > 0) key.spaceBefore = true;
    if (isSeq(value)) value.flow = true;
    if (isMap(value)) annotate(value, documentation, `${path}.`);
  }
  map.comment = leftOut(map, documentation, before);
}

/** What the section may have and does not. */
function leftOut(
  map: YAMLMap,
  documentation: ReadonlyMap<string, PathDocumentation>,
  before: string,
): string | null {
  const comments = [...documentation].flatMap(([path, known]) => {
    const key = path.startsWith(before) ? path.slice(before.length) : null;
    if (key === null || key.includes('.') || map.has(key)) return [];
    return commentOf({ ...known, description: `${key}: ${known.description}` }, 2 * before.split('.').length);
  });
  return comments.length === 0 ? null : comments.join('\n');
}

/** Of lines that fit, beside an indentation of so many columns. */
function commentOf(documentation: PathDocumentation, indentation: number): string {
  const lines: string[] = [];
  for (const piece of [...documentation.description.split(' '), ...formOf(documentation)]) {
    const longer = `${lines.at(-1) ?? ''} ${piece}`;
    if (lines.length > 0 && longer.length + indentation <= columns) lines[lines.length - 1] = longer;
    else lines.push(` ${piece}`);
  }
  return lines.join('\n');
}

/** `[number, above 0; default 1]`, in one piece. Of a section that is always there nothing is to be said. */
function formOf({ type, ...said }: PathDocumentation): readonly string[] {
  if (type === 'section') return [];
  const preset =
    'default' in said
      ? `; default ${typeof said.default === 'string' ? said.default : JSON.stringify(said.default)}`
      : '';
  return [`[${type}${preset}]`];
}
