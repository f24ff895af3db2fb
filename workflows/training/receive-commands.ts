/** A run hears what its trainings are to be told, refuses what cannot be, and passes the rest on. */
import { ApplicationFailure, condition, setHandler } from '@temporalio/workflow';
import type { HeldCommand, ReceivedCommand } from '../../activities/contracts/command.ts';
import type { Decision } from '../../activities/contracts/decision.ts';
import type { TrainingName } from '../../activities/contracts/names.ts';
import { heldSentence, missedSentence } from '../shared/held-commands.ts';
import { parseCommand } from '../shared/parse-command.ts';
import { commandUpdate, type CommandAnswer, type AddressedCommand } from './commands.ts';
import { addressee, validateCommand, type TrainingProjection } from './validate-command.ts';
import { workflowNow, type RunState } from '../shared/run-state.ts';
import { showSamples } from './draw-samples.ts';
import { toCome, type ConfigToCome } from './to-come.ts';
import { commandOfDecision } from '../shared/command-decision.ts';

/** Accepted in this execution, by training; it may not have taken effect yet. */
type Accepted = Map<TrainingName, ReceivedCommand[]>;

export function receiveCommands(state: RunState): void {
  const accepted: Accepted = new Map();
  const { decisions, held = [] } = state.snapshot();
  let count = Math.max(
    0,
    ...decisions.map((decision) => commandOfDecision(decision)?.number ?? 0),
    ...held.map(({ number }) => number),
  );
  const standings = (): TrainingProjection[] =>
    [...state.underWay].map(([training, { config }]) => standingOf(state, accepted, training, config));
  const standingsToCome = (): TrainingProjection[] =>
    toCome(state.snapshot(), new Set(state.underWay.keys())).map(([training, config]) =>
      standingOf(state, accepted, training, config),
    );
  const meant = (training: unknown): TrainingProjection | string =>
    addressee(training, standings(), standingsToCome());

  setHandler(
    commandUpdate,
    async (telling) => {
      const { training } = meant(telling.training) as TrainingProjection;
      const told: ReceivedCommand = {
        number: (count += 1),
        at: workflowNow(),
        message: checked(parseCommand(telling.message)),
      };
      if (told.message.kind === 'samples')
        return afterOthers(state, () => showSamples(state, training, told));
      accepted.set(training, [...(accepted.get(training) ?? []), told]);
      return state.underWay.has(training)
        ? passOn(state, training, told)
        : hold(state, { ...told, training });
    },
    {
      validator: (telling: Partial<AddressedCommand> | undefined) => {
        const standing = checked(meant(telling?.training));
        const refused = validateCommand(telling?.message, standing);
        if (refused !== null) throw ApplicationFailure.nonRetryable(refused, 'Refused');
      },
      description:
        'Tells a training that goes on, or is to come, to pause, resume, make more updates, take '
        + 'another learning rate, or show samples.',
    },
  );
}

/** One after another: what two need is exported by the first. */
function afterOthers<T>(state: RunState, draw: () => Promise<T>): Promise<T> {
  const drawn = state.drawing === null ? draw() : state.drawing.then(draw, draw);
  state.drawing = drawn.catch(() => undefined);
  return drawn;
}

function checked<T>(found: T | string): T {
  if (typeof found === 'string') throw ApplicationFailure.nonRetryable(found, 'Refused');
  return found;
}

/** As it will be when all that it was told has taken effect. */
function standingOf(
  state: RunState,
  accepted: Accepted,
  training: TrainingName,
  config: ConfigToCome,
): TrainingProjection {
  const news = state.newsOf(training);
  let [updates, paused]: [number | null, boolean] = [config.updates, false];
  for (const { message } of [
    ...state.toldBefore(training),
    ...state.heldBefore(training),
    ...(accepted.get(training) ?? []),
  ]) {
    if (message.kind === 'extend') updates = message.updates;
    if (message.kind === 'pause' || message.kind === 'resume') paused = message.kind === 'pause';
  }
  return {
    training,
    config,
    done: news?.update ?? state.request.reached?.[training]?.update ?? 0,
    updates,
    paused,
    hasCheckpoint: news?.checkpoint !== undefined,
  };
}

/** Answered once it is in the record: a run that is resumed from there holds it too. */
async function hold(state: RunState, message: HeldCommand): Promise<CommandAnswer> {
  state.hold(message);
  await state.record();
  return { took: true, held: true, sentence: heldSentence(message) };
}

/** Answered once the decision is in the record: what has been acknowledged is told again by a resumed run
 *  too. */
async function passOn(
  state: RunState,
  training: TrainingName,
  told: ReceivedCommand,
): Promise<CommandAnswer> {
  const decision = (): Decision | undefined =>
    state
      .snapshot()
      .decisions.find((one) => one.training === training && commandOfDecision(one)?.number === told.number);
  await state.underWay
    .get(training)!
    .tell(told)
    .catch(() => undefined); // it has just ended
  await condition(() => decision() !== undefined || !state.underWay.has(training));
  const taken = decision();
  if (taken === undefined) return { took: false, sentence: missedSentence(training, told.message) };
  await state.record();
  return { took: true, sentence: taken.sentence };
}
