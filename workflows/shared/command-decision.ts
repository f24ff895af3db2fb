/** A message to a training as a decision in the record, and back: what a resumed run is told again. Plain
 *  data in, plain data out. */
import type { ArtifactRef } from '../../activities/contracts/artifact.ts';
import type {
  SegmentBoundary,
  TrainingCommand,
  ReceivedCommand,
} from '../../activities/contracts/command.ts';
import type { Decision } from '../../activities/contracts/decision.ts';
import type { TrainingName } from '../../activities/contracts/names.ts';
import { parseCommand } from './parse-command.ts';

/** `before`: what it replaces; null where that is nothing, or not known yet. */
export function commandDecision(
  training: TrainingName,
  { number, at, message }: ReceivedCommand,
  border: SegmentBoundary,
  before: number | null,
): Decision {
  const { kind, ...values } = message;
  return {
    at,
    what: 'told',
    training,
    sentence: sentenceOf(training, message, border.update, before),
    details: {
      message: kind,
      ...values,
      ...(before !== null && { before }),
      number,
      update: border.update,
      rollbacks: border.rollbacks,
    },
  };
}

/** Samples change nothing, and are made beside the training. */
export function samplesDecision(
  training: TrainingName,
  { number, at }: ReceivedCommand,
  update: number,
  { sha256, bytes }: ArtifactRef,
): Decision {
  const file = `samples/${training}-${update}.png`;
  return {
    at,
    what: 'told',
    training,
    sentence: `${training} was asked for samples of update ${update}: ${file}.`,
    details: { message: 'samples', number, update, file, sha256, bytes },
  };
}

/** Null of any other decision, and of one that is none of these forms; it may come from any record. */
export function commandOfDecision({
  at,
  what,
  details,
}: Pick<Decision, 'at' | 'what'> & Partial<Pick<Decision, 'details'>>):
  (ReceivedCommand & { readonly due: SegmentBoundary }) | null {
  const { message: kind, number, update, rollbacks = 0, ...values } = details ?? {};
  const message = parseCommand({ kind, ...values });
  if (
    what !== 'told'
    || typeof message === 'string'
    || typeof number !== 'number'
    || typeof update !== 'number'
    || typeof rollbacks !== 'number'
  )
    return null;
  return { number, at, message, due: { update, rollbacks } };
}

function sentenceOf(
  training: TrainingName,
  message: TrainingCommand,
  update: number,
  before: number | null,
): string {
  const instead = before === null ? '' : ` in place of ${before}`;
  switch (message.kind) {
    case 'pause':
      return `${training} was told to pause, and holds at update ${update}.`;
    case 'resume':
      return `${training} was told to go on from update ${update}.`;
    case 'extend':
      return `${training} was told at update ${update} to make ${message.updates} updates${instead}.`;
    case 'learning-rate':
      return (
        `${training} was told a learning rate of ${message.value} for the player `
        + `${message.player}${instead}, from update ${update} on.`
      );
    case 'samples':
      return `${training} was asked for samples of update ${update}.`;
  }
}
