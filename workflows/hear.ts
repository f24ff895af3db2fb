/** A run hears what its trainings are to be told, refuses what cannot be, and passes the rest on. */
import { ApplicationFailure, condition, setHandler } from '@temporalio/workflow';
import type { Decision, ToldMessage, TrainingName } from '../activities/contracts.ts';
import { messageOf } from './message-form.ts';
import { tellUpdate, type TellAnswer, type Telling } from './messages.ts';
import { addressee, refusal, type Standing } from './refusal.ts';
import { now, type RunBook } from './run-book.ts';
import { showSamples } from './show-samples.ts';
import { toldMessage } from './told-decision.ts';

/** Accepted in this execution, by training; it may not have taken effect yet. */
type Accepted = Map<TrainingName, ToldMessage[]>;

export function hear(book: RunBook): void {
  const accepted: Accepted = new Map();
  let count = Math.max(0, ...book.snapshot().decisions.map((decision) => toldMessage(decision)?.number ?? 0));
  const standings = (): Standing[] => [...book.underWay.keys()].map((training) => standingOf(book, accepted, training));

  setHandler(tellUpdate, async (telling) => {
    const { training } = addressee(telling.training, standings()) as Standing;
    const told: ToldMessage = { number: count += 1, at: now(), message: checked(messageOf(telling.message)) };
    if (told.message.kind === 'samples') return afterOthers(book, () => showSamples(book, training, told));
    accepted.set(training, [...accepted.get(training) ?? [], told]);
    return passOn(book, training, told);
  }, {
    validator: (telling: Partial<Telling> | undefined) => {
      const standing = checked(addressee(telling?.training, standings()));
      const refused = refusal(telling?.message, standing);
      if (refused !== null) throw ApplicationFailure.nonRetryable(refused, 'Refused');
    },
    description: 'Tells a training that goes on to pause, resume, make more updates, take another learning rate, or show samples.',
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
function standingOf(book: RunBook, accepted: Accepted, training: TrainingName): Standing {
  const { config } = book.underWay.get(training)!;
  const news = book.newsOf(training);
  let [updates, paused] = [config.updates, false];
  for (const { message } of [...book.toldBefore(training), ...accepted.get(training) ?? []]) {
    if (message.kind === 'extend') updates = message.updates;
    if (message.kind === 'pause' || message.kind === 'resume') paused = message.kind === 'pause';
  }
  return { training, config, done: news?.update ?? 0, updates, paused, hasCheckpoint: news?.checkpoint !== undefined };
}

/** Answered once the decision is in the record: what has been acknowledged is told again by a resumed run too. */
async function passOn(book: RunBook, training: TrainingName, told: ToldMessage): Promise<TellAnswer> {
  const decision = (): Decision | undefined => book.snapshot().decisions.find((one) => one.training === training && toldMessage(one)?.number === told.number);
  await book.underWay.get(training)!.tell(told).catch(() => undefined); // it has just ended
  await condition(() => decision() !== undefined || !book.underWay.has(training));
  const taken = decision();
  if (taken === undefined) return { took: false, sentence: `${training} ended before it could be told to ${told.message.kind}.` };
  await book.record();
  return { took: true, sentence: taken.sentence };
}
