/** What makes a job smaller, as settings of a run: the end of every sentence about memory. */
import type { JobName } from '../../activities/ports/compute.ts';
import type { TrainingSpec } from '../../activities/contracts/training.ts';
import { sectionPaths } from '../../activities/config/section-of.ts';
import type { JobOf } from './protocol.ts';

/** Environment variable that says what all compute processes may take, 10^9 bytes. */
export const memoryVariable = 'COUNTERFLOW_MEMORY_GB';

/** `--set` of what makes the training smaller: parts of its batch, and activations computed again. */
export function smallerSettings({ training, config }: Pick<TrainingSpec, 'training' | 'config'>): string[] {
  const section = sectionPaths[training] ?? training;
  const { batchSize, microBatch, method } = config;
  if (method === 'gan') return [`--set ${section}.batchSize=${Math.max(1, Math.floor(batchSize / 2))}`];
  const part = microBatch ?? batchSize;
  const smaller = part > 1 ? [`--set ${section}.microBatch=${largestDivisor(batchSize, part / 4)}`] : [];
  const { recompute } = config as { readonly recompute?: string };
  return recompute === 'none' ? [...smaller, `--set ${section}.recompute=couplings`] : smaller;
}

/** Of `whole`, at most `most`; at least 1. */
export function largestDivisor(whole: number, most: number): number {
  for (let divisor = Math.floor(most); divisor > 1; divisor--) if (whole % divisor === 0) return divisor;
  return 1;
}

/** A sentence's remedy for a job of any kind. */
export function memoryRemedy<K extends JobName>(name: K, job: JobOf<K>): string {
  if (name !== 'train-segment') {
    return 'evaluation' in job
      ? 'Lower evaluation.batchSize or evaluation.samples (--set), or give the machine more memory.'
      : 'Give the machine more memory.';
  }
  const settings = smallerSettings((job as JobOf<'train-segment'>).spec);
  return settings.length === 0
    ? 'Give the machine more memory.'
    : `Make it smaller with ${settings.join(' or ')}.`;
}

/** As people read it: 12.8 GB, 310 MB. */
export const sizeText = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
