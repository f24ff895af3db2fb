/** Other settings for a training that gave up: where it begins, and what it had and has. Plain data in, plain
 *  data out. */
import type { TrainingConfig } from '../../activities/config/experiment-config.ts';
import type { ReceivedCommand } from '../../activities/contracts/command.ts';
import type { Decision } from '../../activities/contracts/decision.ts';
import type { TrainingName } from '../../activities/contracts/names.ts';
import type { Adjustment, Override, TrainingSpec } from '../../activities/contracts/training.ts';
import { atStart, type TrainingState } from './segments.ts';
import { commandOfDecision } from '../shared/command-decision.ts';

/** Segments that were accepted before are gone through again as they were; what follows has other noise, all
 *  of its learning rates, and all of its rollbacks before it. What it was told stays, but for a learning rate
 *  that was set since. */
export function startingState(
  { training }: TrainingSpec,
  amended: readonly Override[],
  at: string,
): TrainingState {
  const latest = amended.at(-1);
  if (latest === undefined) return atStart;
  const { adjustments, decisions } = latest;
  const noiseStream =
    1
    + Math.max(
      0,
      ...decisions
        .filter(({ what }) => what === 'rollback')
        .map(({ details }) => Number(details['noiseStream'])),
    );
  const { extensions, ...told } = toldUntil(amended);
  const adjustment: Adjustment = { learningRateScale: 1, noiseStream, settings: amended.length, ...told };
  return {
    ...atStart,
    adjustment,
    again: adjustments,
    decisions: [...decisions, amendmentDecision(training, latest, at)],
    ...(extensions && { extensions }),
  };
}

type Told = Pick<Adjustment, 'updates' | 'learningRates'> & Pick<TrainingState, 'extensions'>;

/** What holds of all that it was told before it gave up last. */
function toldUntil(amended: readonly Override[]): Told {
  let told: Told = {};
  for (const [i, { training, changes, decisions }] of amended.entries()) {
    for (const message of untold(toldIn(decisions), amended[i - 1])) told = withMessage(told, message);
    const { learningRates = {}, ...rest } = told;
    const left = Object.entries(learningRates).filter(
      ([player]) => !changes.some((change) => isOf(change, `${training}.${player}`)),
    );
    told = { ...rest, ...(left.length > 0 && { learningRates: Object.fromEntries(left) }) };
  }
  return told;
}

function withMessage(told: Told, { message, due }: ReturnType<typeof toldIn>[number]): Told {
  switch (message.kind) {
    case 'extend':
      return {
        ...told,
        updates: message.updates,
        extensions: [...(told.extensions ?? []), { from: due.update, updates: message.updates }],
      };
    case 'learning-rate':
      return { ...told, learningRates: { ...told.learningRates, [message.player]: message.value } };
    default:
      return told;
  }
}

/** A change, path=value, of a player's learning rate or of all that is said of the player. */
const isOf = (change: string, player: string): boolean =>
  [player, `${player}.learningRate`].includes(change.slice(0, change.indexOf('=')));

const toldIn = (decisions: readonly Decision[]) =>
  decisions.flatMap((decision) => commandOfDecision(decision) ?? []).sort((a, b) => a.number - b.number);

/** Messages that are not among those that had taken effect before `amendment`. */
function untold<M extends ReceivedCommand>(messages: readonly M[], amendment: Override | undefined): M[] {
  const taken = new Set(toldIn(amendment?.decisions ?? []).map(({ number }) => number));
  return messages.filter(({ number }) => !taken.has(number));
}

/** Of all that the record says it was told, what it has to be told again. */
export const commandsToRepeat = (
  messages: readonly ReceivedCommand[],
  amended: readonly Override[],
): ReceivedCommand[] => untold(messages, amended.at(-1));

function amendmentDecision(training: TrainingName, { update, changes }: Override, at: string): Decision {
  const from = update === 0 ? 'begins anew' : `goes on from update ${update}`;
  return {
    at,
    what: 'resumed',
    training,
    sentence: `${training} ${from} with ${changes.join(', ')}.`,
    details: { update, changes: changes.join(', ') },
  };
}

/** The settings a segment is computed with: those it had then. */
export function overriddenSettings(
  { config }: TrainingSpec,
  amended: readonly Override[],
  { settings = 0 }: Adjustment,
): TrainingConfig {
  return amended[settings]?.before ?? config;
}
