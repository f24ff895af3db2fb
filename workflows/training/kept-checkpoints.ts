/** Which checkpoints of a training stay on the disk as it goes on. Plain data in, plain data out. */
import type { TrainingSpec } from '../../activities/contracts/training.ts';
import { keptBy, beforeDivergence, type TrainingState } from './segments.ts';
import { bestCandidate } from './early-stopping.ts';

/** Of a training that began before there was such a section; as in models/fce/config.ts. */
const asIfConfigured = { keep: 2, every: null };

/** Marks on segments: their checkpoints are gone, or stay for another run. */
export type Marked = 'released' | 'shared';

/** Segments whose checkpoints can go: what is asked of the next border is a function of the state, and finds
 *  the same when a resumed run comes by again. */
export function superseded(spec: TrainingSpec, state: TrainingState): TrainingState['segments'] {
  const kept = keptIn(spec, state);
  return state.segments.filter(({ released }, i) => !released && !kept.has(i));
}

/** By number. Beside those that the configuration names: where a rollback to come may go, and then early
 *  stopping; and from where the training diverged, for a run that is resumed has to find that out once
 *  more. */
function keptIn(spec: TrainingSpec, state: TrainingState): ReadonlySet<number> {
  const { keep, every } = spec.config.checkpoints ?? asIfConfigured;
  const { segments } = state;
  const counts = [segments.length, ...countsAfterRollbacks(spec, state)];
  const best = counts.flatMap(
    (count) => bestCandidate(spec, { segments: segments.slice(0, count) })?.segments ?? [],
  );
  return new Set([
    ...segments.flatMap(({ divergedFrom }, i) =>
      divergedFrom || i >= segments.length - keep || (every !== null && (i + 1) % every === 0) ? [i] : [],
    ),
    ...[...counts, ...best].map((count) => count - 1),
  ]);
}

/** How many segments would be left after each rollback that may still come, whether it is the first at its
 *  place or not, and whether its first sign was seen at once or as late as it can be. One in between goes to
 *  the nearest checkpoint before that is there. */
function countsAfterRollbacks(
  { config: { recovery, divergence } }: TrainingSpec,
  state: TrainingState,
): number[] {
  const { segments, stuck, rollbacks } = state;
  const earliest = (segments.at(-1)?.toUpdate ?? 0) + 1 - (divergence.stuckAccuracyUpdates ?? 0);
  return [Infinity, earliest].flatMap((since) => [
    beforeDivergence(state, { since }).length,
    ...[null, stuck].flatMap((place) =>
      countsFrom({ segments, stuck: place }, since, recovery.maxRollbacks - rollbacks),
    ),
  ]);
}

function countsFrom(
  state: Pick<TrainingState, 'segments' | 'stuck'>,
  since: number,
  rollbacks: number,
): number[] {
  if (rollbacks <= 0) return [];
  const kept = keptBy(state, { since });
  const stuck = { segment: state.segments.length, times: 1, kept };
  return [kept, ...countsFrom({ segments: state.segments.slice(0, kept), stuck }, since, rollbacks - 1)];
}

/** The state with what became of some of its checkpoints. */
export function marked(state: TrainingState, sha256: ReadonlySet<string>, mark: Marked): TrainingState {
  return {
    ...state,
    segments: state.segments.map((segment) =>
      sha256.has(segment.checkpoint.sha256) ? { ...segment, [mark]: true } : segment,
    ),
  };
}
