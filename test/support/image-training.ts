/** Trainings on a few small made-up images, for tests of methods on images. */
import { createTraining } from '../../models/create-training.ts';
import { initialize } from '../../models/training/initialize.ts';
import { emptyParts } from '../../models/training/micro-batch.ts';
import type { Training } from '../../models/training/training.ts';
import { trainingSchema } from '../../models/training-schema.ts';
import { firstCounters, updates, type Counters, type Metrics } from '../../models/training/updates.ts';
import { packBytes } from '../../models/graph/bytes.ts';
import { EagerSession } from '../../models/graph/eager-session.ts';
import type { Program, Session } from '../../models/graph/program.ts';
import { uniform } from '../../models/core/random.ts';
import type { NamedArrays, Values } from '../../models/core/tensors.ts';

export const imageShape = [8, 8, 1] as const;
const count = 24;
const heldOut = 8;
const course = { seed: 1, training: 'test', noiseStream: 0, learningRateScale: 1 };

/** Image i is dark but for a bright column that its label, i modulo 3, names, and a little noise. */
export function images(number: number, seed: number): { bytes: Uint8Array; labels: Int32Array } {
  const next = uniform(seed, 'images');
  const labels = Int32Array.from({ length: number }, (_, i) => i % 3);
  const bytes = Uint8Array.from(
    { length: number * 64 },
    (_, i) => (i % 8 === 2 * labels[Math.floor(i / 64)]! ? 200 : 0) + Math.floor(next() * 40),
  );
  return { bytes, labels };
}

export interface Opened {
  readonly training: Training;
  readonly session: Session;
}

/** A training from its section, started from `seed`, with images and labels in its variables. */
export function open(
  section: object,
  { seed = 1, openSession = (program: Program): Session => new EagerSession(program) } = {},
): Opened {
  const training = createTraining(
    trainingSchema.parse(section),
    null,
    { shape: [...imageShape], count },
    heldOut,
  );
  const [train, test] = [images(count, 1), images(heldOut, 2)];
  const known: Record<string, Values> = {
    data: packBytes(train.bytes),
    'data.labels': train.labels,
    'probe.x': packBytes(test.bytes),
    'probe.labels': test.labels,
  };
  const session = openSession(training.program);
  session.assign({
    ...Object.fromEntries(Object.entries(known).filter(([name]) => name in training.program.variables)),
    ...emptyParts(training.players, training.config),
    ...initialize(training, { seed, initialFlow: null, data: known.data! }),
  });
  return { training, session };
}

export interface Trained {
  readonly lines: readonly Metrics[];
  /** Every player's variables. */
  readonly state: Readonly<Record<string, Values>>;
  readonly counters: Counters;
}

export function train(
  { training, session }: Opened,
  from: Counters = firstCounters,
  until = training.config.updates,
): Trained {
  const lines: Metrics[] = [];
  let counters = from;
  for (const update of updates(session, training, course, from, until)) {
    counters = update.counters;
    lines.push(update.metrics);
  }
  return { lines, counters, state: session.read(stateOf(training)) };
}

export const stateOf = (training: Training): string[] =>
  Object.keys(training.program.variables).filter((name) =>
    training.players.some((player) => name === player.name || name.startsWith(`${player.name}.`)),
  );

/** Ten updates at once, and five, a new session with the state and counters of then, and five more. */
export function wholeAndResumed(section: object): [Trained, Trained] {
  const [whole, first, second] = [open(section), open(section), open(section, { seed: 2 })];
  const half = train(first, firstCounters, 5);
  second.session.assign(half.state);
  return [
    train(whole, firstCounters, 10),
    train(second, JSON.parse(JSON.stringify(half.counters)) as Counters, 10),
  ];
}

/** The averaged weights as a checkpoint holds them. */
export const averages = ({ training }: Opened, { state }: Trained): NamedArrays =>
  Object.fromEntries(
    training.players.map(({ name }) => {
      const values = state[`${name}.average`]!;
      return [`${name}.average`, { shape: [values.length], dtype: 'float32' as const, values }];
    }),
  );
