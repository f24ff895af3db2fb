/** How a run is told something for one of its trainings, and how the training hears of it. */
import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { TrainingCommand, ReceivedCommand } from '../../activities/contracts/command.ts';
import { wireNames } from '../shared/wire-names.ts';

/** What a user sends to a run. */
export interface AddressedCommand {
  /** null: the training on the main line, or the only one that goes on. */
  readonly training: string | null;
  readonly message: TrainingCommand;
}

export interface CommandAnswer {
  /** Whether it took effect before the training ended, or is held until that begins. */
  readonly took: boolean;
  /** The training has not begun: it is told when it does. Left out where it has. */
  readonly held?: true;
  readonly sentence: string;
}

/** Refused with one sentence where it cannot take effect (`validate-command.ts`); answered when it has, or
 *  when it is held. */
export const commandUpdate = defineUpdate<CommandAnswer, [AddressedCommand]>(wireNames.command);
export const commandSignal = defineSignal<[ReceivedCommand]>(wireNames.commandToTraining);
