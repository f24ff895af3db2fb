/** A run's lineage as a tree in the terminal, from what was made last to what it was made of; and as a
 *  flowchart of Mermaid. */
import { graphOf, stateOf, type LineageGraph, type LineageNode } from '../../lineage/graph.ts';
import type { Lineage } from '../../lineage/lineage.ts';
import type { Colors } from './colors.ts';

export function lineageLines(lineage: Lineage, colors: Colors): string[] {
  const graph = graphOf(lineage);
  const shown = new Set<string>();
  const roots = graph.nodes.filter(({ id }) => graph.edges.every(({ from }) => from !== id));
  const branches = (id: string, indent: string): string[] => {
    const inputs = inputsOf(graph, id);
    return inputs.flatMap((node, index) => {
      const last = index === inputs.length - 1;
      const again = shown.has(node.id) && inputsOf(graph, node.id).length > 0;
      shown.add(node.id);
      const line = `${indent}${last ? '└─ ' : '├─ '}${nodeText(node, colors)}${again ? colors.dim('  (as above)') : ''}`;
      return [line, ...(again ? [] : branches(node.id, `${indent}${last ? '   ' : '│  '}`))];
    });
  };
  if (graph.nodes.length === 0) return [`No step of ${lineage.run} has been recorded yet.`];
  return [
    `${colors.bold(lineage.run)}  ${lineage.status}`,
    ...roots.flatMap((root) => [nodeText(root, colors), ...branches(root.id, '')]),
  ];
}

function inputsOf({ nodes, edges }: LineageGraph, id: string): LineageNode[] {
  return edges.filter(({ to }) => to === id).map(({ from }) => nodes.find((node) => node.id === from)!);
}

function nodeText(node: LineageNode, colors: Colors): string {
  const state = stateOf(node);
  const paint = state === 'computed' ? colors.cyan : state === 'given' ? colors.yellow : colors.green;
  return [
    node.name,
    paint(state),
    ...(node.runs.length > 0 ? [colors.dim(`from ${node.runs.join(', ')}`)] : []),
  ].join('  ');
}

export function mermaidLines(lineage: Lineage): string[] {
  const { nodes, edges } = graphOf(lineage);
  const label = (node: LineageNode): string =>
    [node.name, stateOf(node), ...node.runs.map((run) => `from ${run}`)]
      .join('<br/>')
      .replaceAll('"', '#quot;');
  return [
    'flowchart TD',
    ...nodes.map(
      (node) =>
        '  '
        + `${node.id}["${label(node)}"]:::${node.kind === 'file' ? 'given' : node.reused === node.steps ? 'reused' : 'computed'}`,
    ),
    ...edges.map(({ from, to }) => `  ${from} --> ${to}`),
    '  classDef computed fill:#dbeafe,stroke:#1d4ed8,color:#111',
    '  classDef reused fill:#dcfce7,stroke:#15803d,color:#111',
    '  classDef given fill:#fef3c7,stroke:#b45309,color:#111',
  ];
}
