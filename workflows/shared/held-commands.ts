/** Messages to trainings that have not begun: a run holds them, and its record has them until they have taken
 *  effect. Plain data in, plain data out. */
import type {
  SegmentBoundary,
  HeldCommand,
  TrainingCommand,
  ReceivedCommand,
} from '../../activities/contracts/command.ts';
import type { Decision } from '../../activities/contracts/decision.ts';
import type { TrainingName } from '../../activities/contracts/names.ts';
import type { RunRequest, RunSnapshot } from '../../activities/contracts/run.ts';
import { parseCommand } from './parse-command.ts';
import { commandOfDecision } from './command-decision.ts';

type Known = Pick<RunSnapshot, 'trainings' | 'decisions' | 'gaveUp'>;

/** Those that have not taken effect, and still may. */
export function stillHeld(
  held: readonly HeldCommand[],
  { trainings, decisions, gaveUp = [] }: Known,
): HeldCommand[] {
  const taken = new Set(decisions.map((decision) => commandOfDecision(decision)?.number));
  return held.filter(
    ({ training, number }) =>
      !taken.has(number)
      && trainings[training] === undefined
      && !gaveUp.some((one) => one.training === training),
  );
}

/** As the training is told at its beginning. A run that was resumed goes through what it had done first:
 *  nothing of that is done otherwise. */
export function heldFor(
  training: TrainingName,
  held: readonly HeldCommand[],
  { reached = {} }: Pick<RunRequest, 'reached'>,
): ReceivedCommand[] {
  const due: SegmentBoundary = reached[training] ?? { update: 0, rollbacks: 0 };
  return held
    .filter((one) => one.training === training)
    .map(({ number, at, message }) => ({ number, at, message, due }));
}

/** Of a record, which may come from anywhere: null where one is none, or where there are none. */
export function heldIn(recorded: unknown): HeldCommand[] | null {
  const { held, leftOut } = wholeIn(recorded);
  return Array.isArray(recorded) && leftOut === 0 ? held : null;
}

/** Those of a record that are messages, and how many are none: a schedule or a sweep goes on without the
 *  latter. */
export function wholeIn(recorded: unknown): { readonly held: HeldCommand[]; readonly leftOut: number } {
  const all: readonly unknown[] = Array.isArray(recorded) ? recorded : recorded == null ? [] : [recorded];
  const held = all.flatMap((one) => heldMessage(one) ?? []);
  return { held, leftOut: all.length - held.length };
}

function heldMessage(one: unknown): HeldCommand | null {
  const { training, number, at, message } = (typeof one === 'object' && one !== null ? one : {}) as Readonly<
    Record<string, unknown>
  >;
  const checked = parseCommand(message);
  const isWhole =
    typeof training === 'string'
    && Number.isSafeInteger(number)
    && typeof at === 'string'
    && !Number.isNaN(Date.parse(at));
  if (!isWhole || typeof checked === 'string' || checked.kind === 'samples') return null;
  return { training: training as TrainingName, number: number as number, at, message: checked };
}

export function heldSentence({ training, message }: Pick<HeldCommand, 'training' | 'message'>): string {
  const begins = `${training} has not begun: when it does, it is told`;
  switch (message.kind) {
    case 'pause':
      return `${begins} to pause.`;
    case 'resume':
      return `${begins} to go on.`;
    case 'extend':
      return `${begins} to make ${message.updates} updates.`;
    case 'learning-rate':
      return `${begins} a learning rate of ${message.value} for the player ${message.player}.`;
    case 'samples':
      return `${begins} to show samples.`;
  }
}

/** Of a message that came when its training had just ended. */
export const missedSentence = (training: TrainingName, { kind }: TrainingCommand): string =>
  `${training} ended before it could be told to ${kind}.`;

export const missedDecision = (training: TrainingName, message: TrainingCommand, at: string): Decision => ({
  at,
  what: 'left-out',
  training,
  sentence: missedSentence(training, message),
  details: { message: message.kind },
});
