/** Why a message to a training cannot take effect. Plain data in, plain data out. */
import type { TrainingCommand } from '../../activities/contracts/command.ts';
import type { TrainingName } from '../../activities/contracts/names.ts';
import { parseCommand, valueShown } from '../shared/parse-command.ts';
import type { ConfigToCome } from './to-come.ts';

/** A training that goes on, or is to come, as it will be when what it has been told already has taken
 *  effect. */
export interface TrainingProjection {
  readonly training: TrainingName;
  readonly config: ConfigToCome;
  /** Updates at its last border. */
  readonly done: number;
  /** In total; null: they are chosen when it begins. */
  readonly updates: number | null;
  readonly paused: boolean;
  readonly hasCheckpoint: boolean;
}

/** Trainings of the main line go on one after another, others beside them. */
const mainLine: readonly TrainingName[] = ['pretrain', 'contrast', 'control'];

/** A workflow keeps them all in mind. */
const mostSegments = 10_000;

/** Whom `given` means, of those that go on and those `toCome`, in their order; a sentence where that is
 *  nobody. */
export function addressee(
  given: unknown,
  underWay: readonly TrainingProjection[],
  toCome: readonly TrainingProjection[] = [],
): TrainingProjection | string {
  const namesOf = (some: readonly TrainingProjection[]): string =>
    some.map(({ training }) => training).join(', ');
  const names = namesOf(underWay);
  if (underWay.length + toCome.length === 0)
    return 'No training goes on or is to come that could be told anything.';
  if (given !== null && given !== undefined) {
    const known = [
      ...(underWay.length > 0 ? [`a training that goes on, ${names}`] : []),
      ...(toCome.length > 0 ? [`one that is to come, ${namesOf(toCome)}`] : []),
    ];
    return (
      [...underWay, ...toCome].find(({ training }) => training === given)
      ?? `Expected ${known.join(', or ')}, got ${valueShown(given)}.`
    );
  }
  const onMainLine = (some: readonly TrainingProjection[]): TrainingProjection | undefined =>
    some.find(({ training }) => mainLine.includes(training));
  const meant =
    onMainLine(underWay)
    ?? (underWay.length === 1
      ? underWay[0]
      : underWay.length === 0
        ? (onMainLine(toCome) ?? toCome[0])
        : undefined);
  return meant ?? `Expected the name of one of the trainings that go on, ${names}, got none.`;
}

/** Null where it can be taken. */
export function validateCommand(told: unknown, standing: TrainingProjection): string | null {
  const message = parseCommand(told);
  return typeof message === 'string' ? message : rule(message, standing);
}

function rule(
  message: TrainingCommand,
  { training, config, done, updates, paused, hasCheckpoint }: TrainingProjection,
): string | null {
  switch (message.kind) {
    case 'pause':
      return paused ? `${training} is paused already, or about to be; \`resume\` lets it go on.` : null;
    case 'resume':
      return paused ? null : `${training} is not paused.`;
    case 'extend':
      if (updates === null || config.updates === null)
        return `The updates of ${training} are chosen when it begins; tell it then.`;
      if (((message.updates - done) * config.segments) / config.updates > mostSegments) {
        return (
          `Expected at most ${Math.floor(done + (mostSegments * config.updates) / config.segments)} `
          + `updates of ${training}, for it is cut into segments as long as those so far, got `
          + `${message.updates}.`
        );
      }
      return message.updates > updates
        ? null
        : `Expected more updates than the ${updates} that ${training} is to make, of which ${done} are `
            + `done, got ${message.updates}.`;
    case 'learning-rate': {
      const players = Object.keys(learningRates(config));
      return players.includes(message.player)
        ? null
        : `Expected a player of ${training}, ${players.join(' or ')}, got ${valueShown(message.player)}.`;
    }
    case 'samples':
      if (!draws(config)) return `${training} trains nothing that draws samples.`;
      return hasCheckpoint
        ? null
        : `${training} has no checkpoint yet to draw samples from; its first comes at the end of its `
            + 'first segment.';
  }
}

/** Configured, by player. */
export function learningRates(config: ConfigToCome): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(config).flatMap(([name, section]) =>
      typeof section === 'object' && section !== null && 'learningRate' in section
        ? [[name, section.learningRate as number]]
        : [],
    ),
  );
}

const draws = ({ method }: ConfigToCome): boolean => method !== 'nce' && method !== 'classifier';
