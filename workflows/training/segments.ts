/** How a training is cut into segments, and what happens to them when it diverges. Plain data in, plain data
 *  out. */
import type { ArtifactRef, LostArtifact } from '../../activities/contracts/artifact.ts';
import type { SegmentBoundary } from '../../activities/contracts/command.ts';
import type { Decision } from '../../activities/contracts/decision.ts';
import type {
  Adjustment,
  DivergenceDetails,
  SegmentResult,
  SegmentSummary,
  TrainingSpec,
} from '../../activities/contracts/training.ts';

/** A training's state between two segments: all that a continued execution needs. */
export interface TrainingState {
  readonly segments: readonly SegmentSummary[];
  readonly metrics: readonly ArtifactRef[];
  readonly weights: SegmentResult['weights'] | null;
  readonly last: Readonly<Record<string, number>>;
  readonly adjustment: Adjustment;
  readonly rollbacks: number;
  /** The segment that diverged, how often in a row nothing got past it, and how many segments were kept the
   *  last time; null while all is well. */
  readonly stuck: { readonly segment: number; readonly times: number; readonly kept?: number } | null;
  readonly decisions: readonly Decision[];
  /** How often it stepped back to before a lost checkpoint; left out for never. */
  readonly stepsBack?: number;
  /** Adjustments of the segments to be computed anew, which may be older than the present one; left out
   *  before the first. */
  readonly again?: readonly Adjustment[];
  /** It was told to hold; left out before it was told so first. */
  readonly paused?: boolean;
  /** It stepped back to before a checkpoint that is needed: those up to this update must be there again; left
   *  out where it did not, or is past it. */
  readonly wholeTo?: number;
  /** From which border on it was told to make so many updates in all; left out before the first. */
  readonly extensions?: readonly { readonly from: number; readonly updates: number }[];
}

export const atStart: TrainingState = {
  segments: [],
  metrics: [],
  weights: null,
  last: {},
  adjustment: { learningRateScale: 1, noiseStream: 0 },
  rollbacks: 0,
  stuck: null,
  decisions: [],
};

/** Updates at which segments begin and end: 0, ..., updates, as evenly as whole numbers allow. */
export function boundaries({
  updates,
  segments,
}: {
  readonly updates: number;
  readonly segments: number;
}): number[] {
  const cuts = Math.min(segments, updates);
  return Array.from({ length: cuts + 1 }, (_, i) => Math.round((updates * i) / cuts));
}

/** Of a training that may have been told to make more: segments up to there stay as they are, later ones are
 *  about as long. */
export function segmentBoundaries(
  { config }: TrainingSpec,
  { extensions = [] }: Pick<TrainingState, 'extensions'>,
): number[] {
  const planned = boundaries(config);
  const length = config.updates / (planned.length - 1);
  return extensions.reduce((cuts, { from, updates }) => {
    const more = boundaries({
      updates: updates - from,
      segments: Math.max(1, Math.round((updates - from) / length)),
    });
    return [...cuts.filter((cut) => cut < from), ...more.map((cut) => from + cut)];
  }, planned);
}

/** Those up to the first one that is not before `until`. */
export function segmentBoundariesTo(until: number | undefined, cuts: readonly number[]): readonly number[] {
  const last = cuts.findIndex((cut) => cut >= (until ?? Infinity));
  return last === -1 ? cuts : cuts.slice(0, last + 1);
}

/** Of a training that is told nothing. */
export const boundariesTo = (
  until: number | undefined,
  config: Parameters<typeof boundaries>[0],
): readonly number[] => segmentBoundariesTo(until, boundaries(config));

/** In total. */
export const updatesOf = (spec: TrainingSpec, state: Pick<TrainingState, 'extensions'>): number =>
  state.extensions?.at(-1)?.updates ?? spec.config.updates;

export const boundaryOf = ({ segments, rollbacks }: TrainingState): SegmentBoundary => ({
  update: segments.at(-1)?.toUpdate ?? 0,
  rollbacks,
});

/** Segments are computed anew, as they were. */
export const isCatchingUp = ({ again }: TrainingState): boolean => (again?.length ?? 0) > 0;

export function accept(
  state: TrainingState,
  request: Pick<SegmentSummary, 'fromUpdate' | 'toUpdate' | 'adjustment'>,
  result: SegmentResult,
): TrainingState {
  const {
    checkpoint,
    metrics,
    weights,
    last,
    key,
    reused,
    reason,
    seconds,
    lost,
    waited,
    failedAttempts,
    updateSeconds,
    figures,
    suspect,
    released,
  } = result;
  const passed = state.stuck !== null && state.segments.length >= state.stuck.segment;
  const provenance = {
    key,
    reused,
    reason,
    seconds,
    ...(lost && { lost }),
    ...(waited && { waited }),
    ...(failedAttempts && { failedAttempts }),
  };
  const marks = { ...(suspect && { suspect }), ...(released && { released }) };
  const { wholeTo, ...rest } = state;
  return {
    ...rest,
    weights,
    last,
    segments: [
      ...state.segments,
      {
        ...request,
        checkpoint,
        ...provenance,
        updateSeconds,
        ...(figures && { standing: { ...figures, weights, last } }),
        ...marks,
      },
    ],
    metrics: [...state.metrics, metrics],
    stuck: passed ? null : state.stuck,
    ...(state.again && { again: state.again.slice(1) }),
    ...(wholeTo !== undefined && request.toUpdate < wholeTo && { wholeTo }),
  };
}

/** Says what is not healthy once for each thing, when it is seen first. */
export function warned(
  state: TrainingState,
  { training }: Pick<TrainingSpec, 'training'>,
  warnings: SegmentResult['warnings'] = [],
  at: string,
): TrainingState {
  const isKnown = (what: string): boolean =>
    state.decisions.some((decision) => decision.what === 'warning' && decision.details['warning'] === what);
  const fresh = warnings.filter(({ what }) => !isKnown(what));
  if (fresh.length === 0) return state;
  const decisions = fresh.map(({ what, sentence, details }): Decision => ({
    at,
    what: 'warning',
    training,
    sentence: `Warning: ${sentence}`,
    details: { warning: what, ...details },
  }));
  return { ...state, decisions: [...state.decisions, ...decisions] };
}

/** Back to the last checkpoint that is there before one that is missing or damaged, or was released and is
 *  needed: the segments that led to it are computed anew, as they were, and give the same weights. Null where
 *  the artifact is none of this training's checkpoints, or where it has stepped back once for each segment:
 *  the disk does not hold. */
export function stepBack(
  state: TrainingState,
  { training, config }: TrainingSpec,
  { sha256, how }: LostArtifact,
  at: string,
): TrainingState | null {
  const { segments, stepsBack = 0, again = [] } = state;
  const lost = segments.findIndex(({ checkpoint }) => checkpoint.sha256 === sha256);
  if (lost === -1 || stepsBack >= config.segments) return null;
  const { toUpdate: lostUpdate, released } = segments[lost]!;
  const kept = upToThere(segments.slice(0, lost)).length;
  const toUpdate = segments[kept - 1]?.toUpdate ?? 0;
  const sentence =
    `${training}: its checkpoint of update ${lostUpdate} ${released ? 'was released' : `is ${how}`}: `
    + `back to update ${toUpdate}, the updates between are computed anew.`;
  return {
    ...state,
    stepsBack: stepsBack + 1,
    wholeTo: Math.max(lostUpdate, state.wholeTo ?? 0),
    segments: segments.slice(0, kept),
    metrics: state.metrics.slice(0, kept),
    again: [...segments.slice(kept).map(({ adjustment }) => adjustment), ...again],
    decisions: [
      ...state.decisions,
      {
        at,
        what: 'repaired',
        training,
        sentence,
        details: { lostUpdate, toUpdate, how: released ? 'released' : how },
      },
    ],
  };
}

/** Without the last ones whose checkpoints were released. */
const upToThere = (segments: readonly SegmentSummary[]): readonly SegmentSummary[] =>
  segments.slice(0, 1 + segments.findLastIndex(({ released }) => !released));

/** That of the next segment. */
export const adjustmentOf = ({ again, adjustment }: TrainingState): Adjustment => again?.[0] ?? adjustment;

/** How many segments a rollback would keep: those up to the last checkpoint before the first sign of the
 *  divergence, at most to that before the segment in which it was seen; every time that does not help, one
 *  checkpoint less. */
export function keptBy(
  { segments, stuck }: Pick<TrainingState, 'segments' | 'stuck'>,
  divergence: Pick<DivergenceDetails, 'since'>,
): number {
  const further = stuck === null ? segments.length : (stuck.kept ?? stuck.segment + 1 - stuck.times) - 1;
  return upToGood(beforeDivergence({ segments }, divergence).slice(0, Math.max(0, further))).length;
}

/** Back to a checkpoint of before the divergence, or to the nearest one before that is still there. Learning
 *  rates go down, and the noise changes so that the same misfortune does not come again. */
export function rollBack(
  state: TrainingState,
  spec: TrainingSpec,
  divergence: DivergenceDetails,
  at: string,
): TrainingState {
  const { wholeTo: _, ...rest } = state;
  const { stuck } = state;
  const here = state.segments.length;
  const kept = keptBy(state, divergence);
  const rollbacks = state.rollbacks + 1;
  const decided = {
    learningRateScale: spec.config.recovery.learningRateFactor ** rollbacks,
    noiseStream: state.adjustment.noiseStream + 1,
  };
  const toUpdate = state.segments[kept - 1]?.toUpdate ?? 0;
  return {
    ...rest,
    rollbacks,
    again: [],
    stuck: { segment: stuck?.segment ?? here, times: (stuck?.times ?? 0) + 1, kept },
    adjustment: { ...state.adjustment, ...decided },
    // a run that is resumed goes through this again, and must find the checkpoint it went back to
    segments: state.segments
      .slice(0, kept)
      .map((segment, i) => (i === here - 1 || i === kept - 1 ? { ...segment, divergedFrom: true } : segment)),
    metrics: state.metrics.slice(0, kept),
    decisions: [...state.decisions, rollbackDecision(divergence, toUpdate, decided, spec, at)],
  };
}

/** The segments up to the last checkpoint before the first sign of a divergence: one of later is finite, and
 *  may be lost all the same. */
export const beforeDivergence = (
  { segments }: Pick<TrainingState, 'segments'>,
  { since = Infinity }: Pick<DivergenceDetails, 'since'>,
): readonly SegmentSummary[] => upToGood(segments.filter(({ toUpdate }) => toUpdate < since));

/** Without the last ones that ended with a statistic out of its range, be it that it came back later, or
 *  whose checkpoints were released. */
const upToGood = (segments: readonly SegmentSummary[]): readonly SegmentSummary[] =>
  segments.slice(0, 1 + segments.findLastIndex(({ suspect, released }) => !suspect && !released));

/** The flow that was trained before is lost: it would enter again each time. One batch alone may have held a
 *  few points that no flow knows. */
export const isBeyondMending = (
  { initialFlow }: TrainingSpec,
  { rule }: DivergenceDetails,
  rollbacks: number,
): boolean => rule === 'lost-flow' && initialFlow !== null && rollbacks > 0;

const signOf = ({ rule, of, value }: DivergenceDetails): string =>
  `${rule}${of === undefined ? '' : ` of ${of}`}: ${value}`;
const factsOf = ({
  rule,
  of,
  update,
  value,
  limit,
  training,
  lines,
}: DivergenceDetails): Decision['details'] => ({
  rule,
  ...(of !== undefined && { of }),
  update,
  value,
  limit,
  ...(lines && divergedFile(training, update, lines)),
});

/** Where the run's folder has the updates that led to a divergence. */
const divergedFile = (
  training: string,
  update: number,
  { sha256, bytes }: ArtifactRef,
): Decision['details'] => ({
  file: `diverged/${training}-${update}-${sha256.slice(0, 8)}.jsonl`,
  sha256,
  bytes,
});

type Decided = Pick<Adjustment, 'learningRateScale' | 'noiseStream'>;

function rollbackDecision(
  divergence: DivergenceDetails,
  toUpdate: number,
  adjustment: Decided,
  { training }: TrainingSpec,
  at: string,
): Decision {
  const { update } = divergence;
  return {
    at,
    what: 'rollback',
    training,
    sentence:
      `${training} diverged at update ${update} (${signOf(divergence)}): back to update ${toUpdate}, `
      + `learning rates times ${adjustment.learningRateScale}, noise stream ${adjustment.noiseStream}.`,
    details: { ...factsOf(divergence), toUpdate, ...adjustment },
  };
}

export function gaveUpDecision(
  spec: TrainingSpec,
  divergence: DivergenceDetails,
  rollbacks: number,
  goodUpdate: number,
  at: string,
): Decision {
  const { training, update } = divergence;
  const tries = isBeyondMending(spec, divergence, rollbacks)
    ? 'no rollback would mend the flow that entered'
    : triesOf(rollbacks);
  const good =
    goodUpdate === 0 ? 'It has no good checkpoint' : `Its last good checkpoint is of update ${goodUpdate}`;
  return {
    at,
    what: 'gave-up',
    training,
    sentence:
      `${training} gave up: it diverged at update ${update} (${signOf(divergence)}) and ${tries}. `
      + `${good}. ${remedyFor(spec, divergence)}`,
    details: { ...factsOf(divergence), rollbacks, goodUpdate },
  };
}

const triesOf = (rollbacks: number): string =>
  rollbacks === 0
    ? 'no rollbacks are allowed'
    : `${rollbacks} ${rollbacks === 1 ? 'rollback' : 'rollbacks'} did not help`;
/** Neither rates nor rollbacks are to blame where the flow was lost before the first move. */
function remedyFor({ initialFlow }: TrainingSpec, { rule }: DivergenceDetails): string {
  if (rule !== 'lost-flow')
    return 'Lower its learning rates, clip its gradients harder or raise recovery.maxRollbacks.';
  return initialFlow === null
    ? 'Start another run with another seed, a flow of fewer couplings, or a lower divergence.minFirstLogProb.'
    : "Start another run with lower learning rates, or more updates, of the flow's own training before it.";
}
