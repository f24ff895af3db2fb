/** The steps of a run as a graph: a node for each training, not for each of its segments. */
import { groupSteps } from './group-steps.ts';
import type { Lineage, TracedStep } from './lineage.ts';

export interface LineageNode {
  readonly id: string;
  readonly name: string;
  /** file: given by the user, or made by a step that no record lists. */
  readonly kind: 'step' | 'file';
  /** Steps it stands for, and how many of them were reused. */
  readonly steps: number;
  readonly reused: number;
  /** Other runs that computed them. */
  readonly runs: readonly string[];
}

export interface LineageEdge {
  readonly from: string;
  readonly to: string;
  /** Places of the artifacts in what was asked for. */
  readonly inputs: readonly string[];
}

export interface LineageGraph {
  readonly nodes: readonly LineageNode[];
  readonly edges: readonly LineageEdge[];
}

export function graphOf({ run, steps }: Lineage): LineageGraph {
  const groups = groupSteps(steps, () => true);
  const nodes: LineageNode[] = groups.map(({ name, steps: own }, index) => ({
    id: `n${index}`,
    name,
    kind: 'step',
    steps: own.length,
    reused: own.filter(({ reused }) => reused).length,
    runs: [
      ...new Set(
        own.flatMap(({ computedBy }) => (computedBy === null || computedBy === run ? [] : [computedBy])),
      ),
    ],
  }));
  const nodeOf = new Map(
    groups.flatMap(({ steps: own }, index) => own.map(({ name }) => [name, nodes[index]!.id] as const)),
  );
  const files = new Map(
    steps
      .flatMap(({ inputs }) => inputs)
      .filter(({ step }) => step === null)
      .map(({ sha256, path }) => [sha256, path] as const),
  );
  for (const [sha256, path] of files)
    nodes.push({
      id: `f${sha256.slice(0, 12)}`,
      name: `${path} ${sha256.slice(0, 12)}`,
      kind: 'file',
      steps: 0,
      reused: 0,
      runs: [],
    });
  return { nodes, edges: edgesOf(steps, nodeOf) };
}

/** From one segment to the next there is none: both are in one node. */
function edgesOf(steps: readonly TracedStep[], nodeOf: ReadonlyMap<string, string>): LineageEdge[] {
  const edges = new Map<string, { from: string; to: string; inputs: Set<string> }>();
  for (const { name, inputs } of steps) {
    const to = nodeOf.get(name)!;
    for (const { path, sha256, step } of inputs) {
      const from = step === null ? `f${sha256.slice(0, 12)}` : nodeOf.get(step)!;
      if (from === to) continue;
      const edge = edges.get(`${from} ${to}`) ?? { from, to, inputs: new Set() };
      edge.inputs.add(path);
      edges.set(`${from} ${to}`, edge);
    }
  }
  return [...edges.values()].map(({ from, to, inputs }) => ({ from, to, inputs: [...inputs] }));
}

/** reused, computed, or how many of both. */
export function stateOf({ kind, steps, reused }: LineageNode): string {
  if (kind === 'file') return 'given';
  if (reused === 0) return 'computed';
  return reused === steps ? 'reused' : `${reused} of ${steps} reused`;
}
