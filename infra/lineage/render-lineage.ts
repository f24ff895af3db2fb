/** The lineage of a run as one self-contained page: the graph, and every step with its reason, inputs and
 *  code. */
import { createBlocks, type Cell } from '../../activities/report/blocks.ts';
import { html, type Markup } from '../../activities/report/html.ts';
import { lineageFigure, lineageStyle } from '../../activities/report/lineage-figure.ts';
import { moment } from '../../activities/report/number-format.ts';
import { page } from '../../activities/report/page.ts';
import { graphOf, stateOf, type LineageGraph, type LineageNode } from './graph.ts';
import { groupSteps, type StepGroup } from './group-steps.ts';
import type { KeyDifference, Lineage } from './lineage.ts';
import { reasonOf } from './reason-of.ts';
import { toldAlike } from './told-alike.ts';

const style = `${lineageStyle}
#steps code { font-size: .78rem; } #steps tbody th { white-space: nowrap; } #steps td { min-width: 11rem; }
`;

export function renderLineage(lineage: Lineage): string {
  const graph = graphOf(lineage);
  const blocks = createBlocks();
  const { run, experiment, status, commit, dirty, steps } = lineage;
  const code =
    commit === null
      ? null
      : html`, commit <code>${commit}</code>${dirty && ' and changes that are in no commit'}`;
  return page({
    title: `Lineage of ${run}`,
    style,
    body: html`<header><h1>Lineage of ${run}</h1><p class="meta">Experiment <code>${experiment}</code>, ${status}${code}</p></header>
${
  steps.length === 0
    ? html`<p>No step of it has been recorded yet.</p>`
    : html`${blocks.figure(
        'graph',
        html`<div class="scroll" tabindex="0" role="region" aria-label="Graph">${drawn(graph, run)}</div>`,
        html`What was made of what. Solid blue: computed by this run;
dashed green: found again; of a training with both it is said how many of its segments were. An arrow leads from what a step made to the step that was given it.`,
      )}
${blocks.table(
  'steps',
  html`Every step: why it was computed or reused, from which inputs, in which code. Segments that came about in the same way are one row, with the inputs of the first.`,
  [{ header: 'Step' }, { header: 'Why' }, { header: 'Inputs' }, { header: 'Code' }],
  groupSteps(steps, toldAlike).map((group) => row(group, run)),
)}`
}`,
  });
}

function drawn(graph: LineageGraph, run: string): Markup {
  const boxes = graph.nodes.map((node) => ({
    id: node.id,
    lines: [node.name, stateOf(node), ...node.runs.map((other) => `from ${other}`)],
    look: look(node),
  }));
  return lineageFigure(
    `Steps of ${run}: `
      + `${graph.nodes.map((node) => `${node.name}, ${stateOf(node)}, from ${fromText(graph, node)}`).join('; ')}.`,
    boxes,
    graph.edges,
  );
}

const look = ({ kind, reused, steps }: LineageNode): string =>
  kind === 'file' ? 'given' : reused === steps ? 'reused' : 'computed';

function fromText({ nodes, edges }: LineageGraph, { id }: LineageNode): string {
  const names = edges
    .filter(({ to }) => to === id)
    .map(({ from }) => nodes.find((node) => node.id === from)!.name);
  return names.length === 0 ? 'nothing' : names.join(' and ');
}

function row({ name, steps }: StepGroup, run: string): Cell[] {
  const step = steps[0]!;
  const { reused, inputs, circumstances, commit, computedAt, computedBy, nearest } = step;
  return [
    html`<code>${name}</code>${steps.length > 1 && html`<div class="details">${steps.length} segments</div>`}`,
    html`<b>${reused ? 'reused' : 'computed'}</b>: ${reasonOf(step)}${nearest?.differences.map((difference) => html`<div class="details">${changeText(difference)}</div>`)}`,
    inputs.length === 0
      ? null
      : html`${inputs.map(({ path, sha256, step: from, run: maker }) => html`<div><code>${path}</code> <code>${sha256.slice(0, 12)}</code> ${from ?? 'given'}${maker !== null && maker !== run && ` of ${maker}`}</div>`)}`,
    html`${circumstances && html`<code>${circumstances.code.slice(0, 12)}</code>`}${commit && html`<div>commit <code>${commit.slice(0, 12)}</code></div>`}${computedAt && html`<div>${moment(computedAt)}</div>`}${computedBy !== null && computedBy !== run && html`<div>by ${computedBy}</div>`}`,
  ];
}

function changeText({ part, name, was, now, because }: KeyDifference): Markup {
  const short = (value: KeyDifference['was']): string =>
    value === null
      ? 'none'
      : part === 'input' || part === 'code'
        ? String(value).slice(0, 12)
        : String(value);
  return html`${part} <code>${name}</code>: <code>${short(was)}</code> → <code>${short(now)}</code>${because && `, for ${because} was computed anew`}`;
}
