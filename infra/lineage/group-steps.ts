/** Segments of one training that came about in the same way, told together: `contrast 0-400` for forty of
 *  them. */
import type { TracedStep } from './lineage.ts';

export interface StepGroup {
  readonly name: string;
  readonly steps: readonly TracedStep[];
}

const segment = /^(.+) (\d+)-(\d+)$/;

/** In the order of the steps. */
export function groupSteps(
  steps: readonly TracedStep[],
  sameKind: (a: TracedStep, b: TracedStep) => boolean,
): StepGroup[] {
  const groups: TracedStep[][] = [];
  for (const step of steps) {
    const last = groups.at(-1)?.at(-1);
    if (last && follows(last, step) && sameKind(last, step)) groups.at(-1)!.push(step);
    else groups.push([step]);
  }
  return groups.map((group) => ({ name: nameOf(group), steps: group }));
}

function follows(before: TracedStep, step: TracedStep): boolean {
  const [a, b] = [segment.exec(before.name), segment.exec(step.name)];
  return a !== null && b !== null && a[1] === b[1];
}

function nameOf(group: readonly TracedStep[]): string {
  const [first, last] = [segment.exec(group[0]!.name), segment.exec(group.at(-1)!.name)];
  return group.length === 1 || !first || !last ? group[0]!.name : `${first[1]} ${first[2]}-${last[3]}`;
}
