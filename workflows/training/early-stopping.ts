/** When a training ends early, and which of its checkpoints is its result. Plain data in, plain data out. */
import type { FceConfig } from '../../activities/config/experiment-config.ts';
import type { ArtifactRef } from '../../activities/contracts/artifact.ts';
import type { Decision } from '../../activities/contracts/decision.ts';
import type { SegmentResult, SegmentSummary, TrainingSpec } from '../../activities/contracts/training.ts';
import { updatesOf, type TrainingState } from './segments.ts';

/** `range`: the last segment's mean V is outside `valueRange`. `patience`: the distance has not become
 *  smaller for that long. */
export type StopReason = 'range' | 'patience';

/** A checkpoint that may be the result. */
export interface BestCheckpoint {
  /** Accepted segments that led there. */
  readonly segments: number;
  readonly update: number;
  readonly heldOutDistance: number;
  readonly checkpoint: ArtifactRef;
  readonly weights: SegmentResult['weights'];
  readonly last: SegmentResult['last'];
}

/** Why the training ends after the last segment; null where it goes on, as it does without a rule.
 *  Segments of the EBM's warm-up end nothing: the flow stands still, and V is still on its way. */
export function stopReason(spec: TrainingSpec, { segments }: TrainingState): StopReason | null {
  const rule = ruleOf(spec);
  const last = segments.at(-1);
  if (rule === null || last === undefined || isWarmup(rule, last)) return null;
  if (!isInRange(rule, last)) return 'range';
  const best = bestCandidate(spec, { segments });
  return best !== null && segments.length - best.segments >= rule.stopping.patience ? 'patience' : null;
}

/** The smallest distance: of the start, of segments of the EBM's warm-up, and of those with V in its range.
 *  Among equals the latest: the flow is the same and the EBM has learned more. So it is after a warm-up,
 *  whatever rounding makes of its distance. Null without a rule. */
export function bestCandidate(
  spec: TrainingSpec,
  { segments }: Pick<TrainingState, 'segments'>,
): BestCheckpoint | null {
  const rule = ruleOf(spec);
  const start = segments[0]?.standing?.start;
  if (rule === null || start === undefined) return null;
  const later = segments.flatMap((segment, i): BestCheckpoint[] => {
    if (segment.standing === undefined || !(isWarmup(rule, segment) || isInRange(rule, segment))) return [];
    const { weights, last } = segment.standing;
    const { heldOutDistance } = isWarmup(rule, segment) ? start : segment.standing;
    return [
      {
        segments: i + 1,
        update: segment.toUpdate,
        checkpoint: segment.checkpoint,
        heldOutDistance,
        weights,
        last,
      },
    ];
  });
  return [{ ...start, segments: 0, update: 0 }, ...later].reduce((best, one) =>
    one.heldOutDistance <= best.heldOutDistance ? one : best,
  );
}

/** That a training ended before its last update, or that its result is not its last checkpoint; null where
 *  neither is so. */
export function stopDecision(
  spec: TrainingSpec,
  state: TrainingState,
  best: BestCheckpoint,
  at: string,
): Decision | null {
  const { training } = spec;
  const updates = updatesOf(spec, state);
  const last = state.segments.at(-1)!;
  const reason = stopReason(spec, state);
  if (reason === null && best.update === last.toUpdate) return null;
  const { meanValue, heldOutDistance } = last.standing!;
  const from = best.update === 0 ? 'what it started from' : `update ${best.update}`;
  return {
    at,
    what: 'stopped-early',
    training,
    sentence:
      `${training} ended at update ${last.toUpdate} of ${updates}: `
      + `${why(spec, reason, last, updates, meanValue)}. Its result is ${from}, `
      + `where the held-out distance was smallest: ${figure(best.heldOutDistance)}, against `
      + `${figure(heldOutDistance)} at the end.`,
    details: {
      reason: reason ?? 'updates',
      update: last.toUpdate,
      updates,
      bestUpdate: best.update,
      bestDistance: best.heldOutDistance,
      heldOutDistance,
      meanValue,
    },
  };
}

function why(
  spec: TrainingSpec,
  reason: StopReason | null,
  { toUpdate }: SegmentSummary,
  updates: number,
  meanValue: number,
): string {
  const { patience, valueRange } = ruleOf(spec)!.stopping;
  switch (reason) {
    case 'range':
      return `its mean V of ${figure(meanValue)} left [${valueRange!.join(', ')}]`;
    case 'patience':
      return `no smaller held-out distance for ${patience} ${patience === 1 ? 'segment' : 'segments'}`;
    case null:
      return toUpdate === updates ? 'all were made' : 'it was to go no further for now';
  }
}

interface Rule {
  readonly stopping: NonNullable<FceConfig['stopping']>;
  readonly warmup: number;
}

/** A run that began before there was such a rule has none. */
function ruleOf({ config }: TrainingSpec): Rule | null {
  if (config.method !== 'fce' || !config.stopping) return null;
  return { stopping: config.stopping, warmup: config.ebmWarmupUpdates };
}

const isWarmup = ({ warmup }: Rule, { toUpdate }: SegmentSummary): boolean => toUpdate <= warmup;

function isInRange({ stopping: { valueRange } }: Rule, { standing }: SegmentSummary): boolean {
  return (
    valueRange === null
    || standing === undefined
    || (standing.meanValue >= valueRange[0] && standing.meanValue <= valueRange[1])
  );
}

const figure = (value: number): string => String(Number(value.toPrecision(4)));
