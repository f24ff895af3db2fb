/** The form of messages: they come from any client of the server, and from records. */
import type { TrainingCommand } from '../../activities/contracts/command.ts';

export const commandKinds = [
  'pause',
  'resume',
  'extend',
  'learning-rate',
  'samples',
] as const satisfies readonly TrainingCommand['kind'][];

/** The message, or a sentence that says what is wrong with it. Takes what is its own and leaves everything
 *  else. */
export function parseCommand(told: unknown): TrainingCommand | string {
  const { kind, updates, player, value } = (
    typeof told === 'object' && told !== null ? told : {}
  ) as Readonly<Record<string, unknown>>;
  switch (kind as TrainingCommand['kind']) {
    case 'pause':
      return { kind: 'pause' };
    case 'resume':
      return { kind: 'resume' };
    case 'samples':
      return { kind: 'samples' };
    case 'extend':
      return Number.isSafeInteger(updates) && (updates as number) > 0
        ? { kind: 'extend', updates: updates as number }
        : `Expected updates to be a whole number of at least 1, got ${valueShown(updates)}.`;
    case 'learning-rate':
      if (typeof player !== 'string') return `Expected player to be a name, got ${valueShown(player)}.`;
      return typeof value === 'number' && Number.isFinite(value) && value > 0
        ? { kind: 'learning-rate', player, value }
        : `Expected a learning rate above 0, got ${valueShown(value)}.`;
    default:
      return `Expected a message of ${commandKinds.join(', ')}, got ${valueShown(kind)}.`;
  }
}

/** A value of any kind and length, in a sentence. */
export const valueShown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 80);
