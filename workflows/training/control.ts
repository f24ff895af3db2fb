/** The control: more maximum likelihood from where the contrast began, for as long as the contrast took. */
import type { ControlConfig } from '../../activities/config/experiment-config.ts';
import type { ArtifactRef } from '../../activities/contracts/artifact.ts';
import type { Decision } from '../../activities/contracts/decision.ts';
import type { MeasuredUpdates, TrainingResult } from '../../activities/contracts/training.ts';
import { measureUpdates } from '../shared/proxies.ts';
import { workflowNow, type RunState } from '../shared/run-state.ts';
import { runBaseline, saltOf, trainingSpec } from './run-training.ts';

type TrainedFlow = { readonly checkpoint: ArtifactRef };

/** Updates that are set are made. Others are chosen by the seconds that both are recorded to take, so that
 *  whoever goes on with the run has the same. */
export async function runControl(
  state: RunState,
  control: ControlConfig,
  flow: TrainedFlow | null,
  contrast: TrainingResult,
): Promise<void> {
  const updates = control.updates ?? (await chosenUpdates(state, control, flow, contrast));
  await runBaseline(state, 'control', { ...control, updates }, flow);
}

async function chosenUpdates(
  state: RunState,
  control: ControlConfig,
  flow: TrainedFlow | null,
  contrast: TrainingResult,
): Promise<number> {
  const made = madeBy(contrast);
  const before = chosenBefore(state.request.chosen, contrast);
  // whatever number stands here, none of it is measured
  const spec = trainingSpec(state, 'control', { ...control, updates: made }, flow);
  const measured = before
    ? null
    : await measureUpdates({
        spec,
        most: made,
        beside: { checkpoint: contrast.checkpoint, updates: made },
        salt: saltOf(state),
      });
  if (measured) state.note({ measured });
  const decision = before ?? chosenDecision(contrast, measured!, workflowNow());
  state.decide(decision);
  // a run that is killed while its control trains goes on with the same number
  if (measured) await state.record();
  return Number(decision.details['updates']);
}

/** Null where the contrast has become another (it went further, was given other settings, or came about
 *  otherwise), or where a record from anywhere has no number of updates. */
export function chosenBefore(chosen: Decision | undefined, contrast: TrainingResult): Decision | null {
  const { contrast: checkpoint, contrastUpdates, updates } = chosen?.details ?? {};
  const isTheSame = checkpoint === contrast.checkpoint.sha256 && contrastUpdates === madeBy(contrast);
  return chosen !== undefined && isTheSame && Number.isSafeInteger(updates) && Number(updates) > 0
    ? chosen
    : null;
}

/** All that its time was spent on, be its result of before. */
export function madeBy({ segments, decisions }: Pick<TrainingResult, 'segments' | 'decisions'>): number {
  const stopped = decisions.find(({ what }) => what === 'stopped-early')?.details['update'];
  return typeof stopped === 'number' ? stopped : (segments.at(-1)?.toUpdate ?? 0);
}

/** So many that first and further updates together take the time of the contrast's, to the nearest, and one
 *  at least. */
export function updatesFor(
  seconds: number,
  {
    updates,
    updateSeconds,
    firstSeconds,
  }: Pick<MeasuredUpdates, 'updates' | 'updateSeconds' | 'firstSeconds'>,
): number {
  return Math.max(1, Math.round(((seconds - firstSeconds) * updates) / updateSeconds));
}

function chosenDecision(contrast: TrainingResult, measured: MeasuredUpdates, at: string): Decision {
  const { updateSeconds: seconds, segments } = contrast;
  const made = madeBy(contrast);
  const found = segments.filter(({ reused }) => reused).length;
  const updates = updatesFor(seconds, measured);
  const each = measured.updateSeconds / measured.updates;
  const sentence =
    `control makes ${updates} updates, which take the ${figure(seconds)} s of the contrast's `
    + `${made}: ${measured.updates} of them took ${figure(1000 * each)} ms each.`
    + (found === 0
      ? ''
      : ` ${found} of the contrast's ${segments.length} segments were found, and count with the `
        + 'seconds they took when they were computed.')
    + (measured.reused ? ' The measurement was found with them.' : '')
    + doubtOf(made, seconds, measured);
  return {
    at,
    what: 'chosen',
    training: 'control',
    sentence,
    details: {
      updates,
      contrast: contrast.checkpoint.sha256,
      contrastUpdates: made,
      contrastSeconds: seconds,
      contrastFound: found,
      measuredUpdates: measured.updates,
      measuredSeconds: measured.updateSeconds,
      firstSeconds: measured.firstSeconds,
    },
  };
}

/** A contrast of fewer updates is mostly its beginning, in which graphs are prepared and a single update that
 *  was late counts. */
const fewestUpdates = 50;

/** With a space before it; nothing where the number is a sound one. */
function doubtOf(made: number, seconds: number, { firstSeconds }: MeasuredUpdates): string {
  if (seconds <= firstSeconds)
    return (
      ` The contrast took no longer than the first update of the control, ${figure(firstSeconds)} s: `
      + 'it makes one, and their times do not compare.'
    );
  return made >= fewestUpdates
    ? ''
    : ` A contrast of fewer than ${fewestUpdates} updates says little of its speed: the number may be `
        + 'far off, and --set baselines.control.updates=N sets one.';
}

const figure = (value: number): string => String(Number(value.toPrecision(3)));
