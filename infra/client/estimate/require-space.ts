/** Refuses, before anything is computed, what this machine has no memory or no disk for, and names the
 *  setting that would do. */
import { freeBytes } from '../../../activities/disk/free-bytes.ts';
import { sectionPaths } from '../../../activities/config/section-of.ts';
import { memoryBudget, budgetText, type MemoryBudget } from '../../compute/memory-budget.ts';
import { memoryVariable, sizeText, smallerSettings } from '../../compute/memory-remedies.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { RunPlan } from './plan.ts';

/** What may be held on this machine. Throws CounterflowError for a variable that is no size. */
export function machineBudget(): MemoryBudget {
  try {
    return memoryBudget();
  } catch (error) {
    throw new CounterflowError(exitCodes.badInput, (error as Error).message);
  }
}

/** Throws CounterflowError. */
export async function requireRoom(plan: RunPlan, out: string): Promise<void> {
  requireMemory(plan, machineBudget());
  await requireDisk(plan, out);
}

function requireMemory({ trainings }: RunPlan, budget: MemoryBudget): void {
  const large = trainings.filter(({ memory }) => memory.host > budget.bytes);
  if (large.length === 0) return;
  const what = large.map(({ name, memory }) => `${name} about ${sizeText(memory.host)}`).join(', ');
  const settings = large.flatMap(({ name, config }) => smallerSettings({ training: name, config }));
  const most = Math.max(...large.map(({ memory }) => memory.host));
  const remedy = settings.length === 0 ? 'Use a machine with more memory' : `Add ${settings.join(' ')}`;
  throw new CounterflowError(
    exitCodes.environment,
    `Not enough memory: ${what} of memory, and ${budgetText(budget)}. ${remedy}, or `
      + `${memoryVariable}=${Math.ceil(most / 1e9)} to begin all the same.`,
  );
}

/** A run that goes on later than now may find room by then, but one that cannot end need not begin. */
async function requireDisk({ disk, trainings }: RunPlan, out: string): Promise<void> {
  const free = await freeBytes(out);
  if (free === null || free >= disk.total) return;
  const kept = trainings.filter(
    ({ config }) =>
      ((config as { readonly checkpoints?: { readonly keep: number } }).checkpoints?.keep ?? 1) > 1,
  );
  const fewer =
    kept.length > 0
      ? `Add ${kept.map(({ name }) => `--set ${sectionPaths[name]}.checkpoints.keep=1`).join(' ')}, or choose`
      : 'Choose';
  throw new CounterflowError(
    exitCodes.environment,
    `Not enough room on the disk: up to ${sizeText(disk.total)} (checkpoints `
      + `${sizeText(disk.checkpoints)}), and ${sizeText(free)} are free for ${out}. ${fewer} another `
      + 'folder with --out, or free some space.',
  );
}
