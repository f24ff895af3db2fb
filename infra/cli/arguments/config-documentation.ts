/** What the schema says of each path of a configuration: its description, its type, its default. One source:
 *  what stands beside the field. */
import { z } from 'zod';
import { experimentSectionsSchema } from '../../../activities/config/experiment-sections.ts';
import { isSection } from '../../client/runs/setting.ts';

export interface PathDocumentation {
  readonly description: string;
  /** In words, as `whole number, at least 1`. */
  readonly type: string;
  /** Left out where there is none. Of a section that has one it is what it is made of: its fields say
   *  theirs. */
  readonly default?: unknown;
}

/** JSON Schema, as zod writes it. */
interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly oneOf?: readonly Node[];
  readonly anyOf?: readonly Node[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
}

/** By path, `contrast.flow.learningRate`, in the order of the configuration; of a section also what it leaves
 *  out. */
export function documentationOf(config: unknown): ReadonlyMap<string, PathDocumentation> {
  const schema = z.toJSONSchema(experimentSectionsSchema, { io: 'input' }) as Node;
  return new Map(documented(schema, config, ''));
}

function* documented(schema: Node, value: unknown, before: string): Generator<[string, PathDocumentation]> {
  if (!isSection(value) || Array.isArray(value)) return;
  const form = formOf(schema, value);
  for (const [key, inner] of Object.entries(value)) {
    const node = form.properties?.[key];
    if (node === undefined) continue;
    yield [
      before + key,
      discriminators.includes(key)
        ? ofDiscriminator(schema, key)
        : documentationOfNode(node, form.required?.includes(key) ?? false),
    ];
    yield* documented(node, inner, `${before}${key}.`);
  }
  for (const [key, node] of Object.entries(form.properties ?? {})) {
    if (!Object.hasOwn(value, key)) yield [before + key, documentationOfNode(node, false)];
  }
}

const discriminators: readonly string[] = ['kind', 'method'];

const formsOf = (schema: Node): readonly Node[] =>
  (schema.oneOf ?? schema.anyOf)?.flatMap(formsOf) ?? [schema];

/** That of a union's forms which the section has. */
const formOf = (schema: Node, section: Readonly<Record<string, unknown>>): Node =>
  formsOf(schema).find(
    ({ properties }) =>
      properties !== undefined
      && discriminators.every(
        (name) => properties[name] === undefined || properties[name].const === section[name],
      ),
  ) ?? {};

function ofDiscriminator(schema: Node, key: string): PathDocumentation {
  const forms = formsOf(schema).flatMap(({ properties }) =>
    properties?.[key] === undefined ? [] : [properties[key].const],
  );
  return { description: 'The form of this section.', type: oneOf(forms) };
}

const documentationOfNode = (node: Node, isRequired: boolean): PathDocumentation => ({
  description: node.description ?? '',
  type: 'default' in node || isRequired ? typeOf(node) : `${typeOf(node)}, or left out`,
  ...('default' in node ? { default: node.default } : {}),
});

function typeOf(node: Node): string {
  if (node.enum) return oneOf(node.enum);
  if ('const' in node) return oneOf([node.const]);
  const forms = formsOf(node);
  if (forms.length > 1) return [...new Set(forms.map(typeOf))].join(', or ');
  switch (node.type) {
    case 'integer':
      return numeric('whole number', node);
    case 'number':
      return numeric('number', node);
    case 'boolean':
      return 'true or false';
    case 'string':
      return 'text';
    case 'array':
      return node.items === undefined ? 'list' : `list, each a ${typeOf(node.items)}`;
    case 'object':
      return 'section';
    default:
      return node.type ?? 'anything';
  }
}

const oneOf = (values: readonly unknown[]): string =>
  values.length === 1 ? `always ${String(values[0])}` : `one of ${values.map(String).join(', ')}`;

/** zod gives whole numbers the bounds of what a double holds exactly. */
function numeric(
  name: string,
  { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf }: Node,
): string {
  const bounds: readonly (readonly [word: string, bound: number | undefined])[] = [
    ['at least', minimum],
    ['above', exclusiveMinimum],
    ['at most', maximum],
    ['below', exclusiveMaximum],
    ['a multiple of', multipleOf],
  ];
  return [
    name,
    ...bounds.flatMap(([word, bound]) =>
      bound === undefined || Math.abs(bound) === Number.MAX_SAFE_INTEGER ? [] : `${word} ${bound}`,
    ),
  ].join(', ');
}
