/** "Why was this computed again?": the earlier output that is most like it, and what sets their keys
 *  apart. */
import type { SegmentRequest } from '../../activities/contracts/training.ts';
import type { Kinship } from './data-family.ts';
import type { KeyDifference } from './lineage.ts';
import { artifactParts, type KeyPart } from './parts-of.ts';
import type { RememberedStep } from './read-remembered.ts';

export interface Nearest {
  readonly record: RememberedStep;
  readonly differences: readonly KeyDifference[];
}

/** Of those for the same place in a pipeline and of the same data; of equally near ones the last. null: there
 *  is none. */
export function nearestRecord(
  step: RememberedStep,
  earlier: readonly RememberedStep[],
  isKin: Kinship,
): Nearest | null {
  const [place, parts] = [placeOf(step), artifactParts(step)];
  let best: Nearest | null = null;
  for (const record of earlier) {
    if (record.key === step.key || record.at > step.at || placeOf(record) !== place || !isKin(record, step))
      continue;
    const differences = differencesOf(artifactParts(record), parts);
    if (differences.length <= (best?.differences.length ?? Infinity)) best = { record, differences };
  }
  return best;
}

/** The second segment of a training is no earlier form of its third. */
function placeOf({ activity, spec }: RememberedStep): string {
  if (activity === 'train-segment') {
    const { spec: training, fromUpdate, toUpdate } = spec as SegmentRequest;
    return `${activity} ${training?.training} ${fromUpdate === 0 ? 'first' : `${fromUpdate}-${toUpdate}`}`;
  }
  return activity === 'export-models' ? `${activity} ${(spec as { training?: string }).training}` : activity;
}

/** What one of them does not say (an earlier version kept no circumstances) is no difference. */
function differencesOf(
  was: ReadonlyMap<string, KeyPart>,
  now: ReadonlyMap<string, KeyPart>,
): KeyDifference[] {
  const told = was.has('code') && now.has('code');
  return [...new Set([...was.keys(), ...now.keys()])].flatMap((name): KeyDifference[] => {
    const [before, after] = [was.get(name), now.get(name)];
    const { part } = (after ?? before)!;
    if (before?.value === after?.value || (!told && part !== 'configuration' && part !== 'input')) return [];
    return [{ part, name, was: before?.value ?? null, now: after?.value ?? null }];
  });
}
