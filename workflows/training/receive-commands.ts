/** A run hears what its trainings are to be told, refuses what cannot be, and passes the rest on. */
import { ApplicationFailure, condition, setHandler } from '@temporalio/workflow';
import type { HeldMessage, ToldMessage } from '../../activities/contracts/command.ts';
import type { Decision } from '../../activities/contracts/decision.ts';
import type { TrainingName } from '../../activities/contracts/names.ts';
import { heldSentence, missedSentence } from '../shared/held-commands.ts';
import { messageOf } from '../shared/parse-command.ts';
import { tellUpdate, type TellAnswer, type Telling } from './commands.ts';
import { addressee, refusal, type Standing } from './validate-command.ts';
import { now, type RunBook } from '../shared/run-state.ts';
import { showSamples } from './draw-samples.ts';
import { toCome, type ConfigToCome } from './to-come.ts';
import { toldMessage } from '../shared/command-decision.ts';

/** Accepted in this execution, by training; it may not have taken effect yet. */
type Accepted = Map<TrainingName, ToldMessage[]>;

export function hear(book: RunBook): void {
  const accepted: Accepted = new Map();
  const { decisions, held = [] } = book.snapshot();
  let count = Math.max(0, ...decisions.map((decision) => toldMessage(decision)?.number ?? 0), ...held.map(({ number }) => number));
  const standings = (): Standing[] => [...book.underWay].map(([training, { config }]) => standingOf(book, accepted, training, config));
  const standingsToCome = (): Standing[] => toCome(book.snapshot(), new Set(book.underWay.keys())).map(([training, config]) => standingOf(book, accepted, training, config));
  const meant = (training: unknown): Standing | string => addressee(training, standings(), standingsToCome());

  setHandler(tellUpdate, async (telling) => {
    const { training } = meant(telling.training) as Standing;
    const told: ToldMessage = { number: count += 1, at: now(), message: checked(messageOf(telling.message)) };
    if (told.message.kind === 'samples') return afterOthers(book, () => showSamples(book, training, told));
    accepted.set(training, [...accepted.get(training) ?? [], told]);
    return book.underWay.has(training) ? passOn(book, training, told) : hold(book, { ...told, training });
  }, {
    validator: (telling: Partial<Telling> | undefined) => {
      const standing = checked(meant(telling?.training));
      const refused = refusal(telling?.message, standing);
      if (refused !== null) throw ApplicationFailure.nonRetryable(refused, 'Refused');
    },
    description: 'Tells a training that goes on, or is to come, to pause, resume, make more updates, take another learning rate, or show samples.',
  });
}

/** One after another: what two need is exported by the first. */
function afterOthers<T>(book: RunBook, draw: () => Promise<T>): Promise<T> {
  const drawn = book.drawing === null ? draw() : book.drawing.then(draw, draw);
  book.drawing = drawn.catch(() => undefined);
  return drawn;
}

function checked<T>(found: T | string): T {
  if (typeof found === 'string') throw ApplicationFailure.nonRetryable(found, 'Refused');
  return found;
}

/** As it will be when all that it was told has taken effect. */
function standingOf(book: RunBook, accepted: Accepted, training: TrainingName, config: ConfigToCome): Standing {
  const news = book.newsOf(training);
  let [updates, paused]: [number | null, boolean] = [config.updates, false];
  for (const { message } of [...book.toldBefore(training), ...book.heldBefore(training), ...accepted.get(training) ?? []]) {
    if (message.kind === 'extend') updates = message.updates;
    if (message.kind === 'pause' || message.kind === 'resume') paused = message.kind === 'pause';
  }
  return { training, config, done: news?.update ?? book.request.reached?.[training]?.update ?? 0, updates, paused, hasCheckpoint: news?.checkpoint !== undefined };
}

/** Answered once it is in the record: a run that is resumed from there holds it too. */
async function hold(book: RunBook, message: HeldMessage): Promise<TellAnswer> {
  book.hold(message);
  await book.record();
  return { took: true, held: true, sentence: heldSentence(message) };
}

/** Answered once the decision is in the record: what has been acknowledged is told again by a resumed run too. */
async function passOn(book: RunBook, training: TrainingName, told: ToldMessage): Promise<TellAnswer> {
  const decision = (): Decision | undefined => book.snapshot().decisions.find((one) => one.training === training && toldMessage(one)?.number === told.number);
  await book.underWay.get(training)!.tell(told).catch(() => undefined); // it has just ended
  await condition(() => decision() !== undefined || !book.underWay.has(training));
  const taken = decision();
  if (taken === undefined) return { took: false, sentence: missedSentence(training, told.message) };
  await book.record();
  return { took: true, sentence: taken.sentence };
}
