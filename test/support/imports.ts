/** Who imports what in a tree of TypeScript, and the circles in it. Imports of types alone are told apart:
 *  nothing of them is left when the code runs. */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';

export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly typesOnly: boolean;
}

/** Of every .ts and .mjs file under `rooms` of the folder `root`; paths are relative to it. */
export function arrowsIn(root: string, rooms: readonly string[]): Arrow[] {
  const files = rooms
    .flatMap((room) =>
      readdirSync(join(root, room), { recursive: true, encoding: 'utf8' }).map((name) => join(room, name)),
    )
    .filter((file) => /\.(ts|mjs)$/.test(file));
  return files.flatMap((file) => arrowsOf(file, readFileSync(join(root, file), 'utf8')));
}

/** `file`: the path that the text's own imports are relative to. */
export function arrowsOf(file: string, text: string): Arrow[] {
  const arrows: Arrow[] = [];
  const add = (specifier: ts.Node | undefined, typesOnly: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteral(specifier) || !specifier.text.startsWith('.')) return;
    arrows.push({ from: file, to: normalize(join(dirname(file), specifier.text)), typesOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isOfTypes(node.importClause));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
  return arrows;
}

function isOfTypes(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  const named = clause.namedBindings;
  return (
    clause.isTypeOnly
    || (clause.name === undefined
      && named !== undefined
      && ts.isNamedImports(named)
      && named.elements.every(({ isTypeOnly }) => isTypeOnly))
  );
}

/** Between the folders of the files; none within one folder. */
export const betweenFolders = (arrows: readonly Arrow[]): Arrow[] =>
  arrows
    .map((arrow) => ({ ...arrow, from: dirname(arrow.from), to: dirname(arrow.to) }))
    .filter(({ from, to }) => from !== to);

/** Sets of places that all reach each other, each in order. Tarjan's strongly connected components. */
export function circlesIn(arrows: readonly Arrow[]): string[][] {
  const next = new Map<string, Set<string>>();
  for (const { from, to } of arrows) next.set(from, (next.get(from) ?? new Set()).add(to));
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const connect = (place: string): void => {
    index.set(place, index.size);
    low.set(place, index.get(place)!);
    stack.push(place);
    for (const other of next.get(place) ?? []) {
      if (!index.has(other)) connect(other);
      if (stack.includes(other)) low.set(place, Math.min(low.get(place)!, low.get(other)!));
    }
    if (low.get(place) !== index.get(place)) return;
    const circle = stack.splice(stack.indexOf(place));
    if (circle.length > 1 || next.get(place)?.has(place)) circles.push(circle.sort());
  };
  for (const place of next.keys()) if (!index.has(place)) connect(place);
  return circles;
}
