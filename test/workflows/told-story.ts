/** A pretend run whose training is told everything there is to tell, and what such tests need. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { WorkflowUpdateStage, type WorkflowHandle } from '@temporalio/client';
import type { TrainingCommand } from '../../activities/contracts/command.ts';
import { commandUpdate, type CommandAnswer } from '../../workflows/training/commands.ts';
import { divergence, pretend, requestOf, segmentName, withContrast, type Pretence } from './fake-run.ts';
import type { Story } from './stories.ts';

/** The first message comes while a segment is computed, the others while the training holds; then it diverges
 *  once. */
export function toldStory(): Story {
  const { opened, open } = gate();
  const pretence = pretend({
    trainSegment: async (request) => {
      if (segmentName(request) === 'contrast@20~0') await opened();
      if (segmentName(request) === 'contrast@50~0') throw divergence(request);
      return pretend().activities.trainSegment(request);
    },
  });
  const meanwhile = async (handle: WorkflowHandle): Promise<void> => {
    await untilAsked(pretence, 'contrast@20~0');
    const { answer } = await heard(handle, { kind: 'pause' }, 1);
    open();
    await answer;
    for (const message of whilePaused) await tellPretending(handle, message);
  };
  return { request: requestOf('told', withContrast({})), pretence, status: 'COMPLETED', meanwhile };
}

const whilePaused: readonly TrainingCommand[] = [
  { kind: 'learning-rate', player: 'flow', value: 1e-4 },
  { kind: 'samples' },
  { kind: 'extend', updates: 120 },
  { kind: 'resume' },
];

export const tellPretending = (
  handle: WorkflowHandle,
  message: TrainingCommand,
  training: string | null = null,
): Promise<CommandAnswer> => handle.executeUpdate(commandUpdate, { args: [{ training, message }] });

/** Resolves when the contrast has the message, its `count`th; a segment that ends then is followed by what it
 *  says. */
export async function heard(
  handle: WorkflowHandle,
  message: TrainingCommand,
  count: number,
): Promise<{ readonly answer: Promise<CommandAnswer> }> {
  const update = await handle.startUpdate(commandUpdate, {
    args: [{ training: null, message }],
    waitForStage: WorkflowUpdateStage.ACCEPTED,
  });
  const training = handle.client.getHandle(`${handle.workflowId}/contrast`);
  const signals = async (): Promise<number> =>
    (await training.fetchHistory()).events!.filter(
      ({ workflowExecutionSignaledEventAttributes }) => workflowExecutionSignaledEventAttributes,
    ).length;
  while ((await signals()) < count) await sleep(50, undefined, { ref: false });
  return { answer: update.result() };
}

/** An activity that waits for `opened` lives, and goes on after `open()`. */
export function gate(): { readonly opened: () => Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const opening = new Promise<void>((resolve) => {
    open = resolve;
  });
  const opened = async (): Promise<void> => {
    const context = Context.current();
    const beat = setInterval(() => context.heartbeat(), 500);
    await Promise.race([opening, context.cancelled]).finally(() => clearInterval(beat));
  };
  return { opened, open: () => open() };
}

/** Activities answer at once: a look every few milliseconds misses nothing that waits. */
export async function untilAsked({ calls }: Pretence, call: string): Promise<void> {
  while (!calls.includes(call)) await sleep(20, undefined, { ref: false });
}
