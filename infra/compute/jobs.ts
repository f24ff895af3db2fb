/** Every compute job, entered once: which kind of process computes it, and which module. A new job is entered
 *  here and in `ComputeJobs` of activities/ports/compute.ts. Modules are loaded by the processes alone. */
import type { JobName } from '../../activities/ports/compute.ts';
import type { ComputeKind } from './process-form.ts';
import type { JobHandlers } from './serve.ts';

interface ComputeJob<Name extends JobName> {
  readonly kind: ComputeKind;
  /** What its code hash is made of. */
  readonly module: URL;
  readonly load: () => Promise<NonNullable<JobHandlers[Name]>>;
}

const at = (module: string): URL => new URL(module, import.meta.url);

export const jobs: { readonly [Name in JobName]: ComputeJob<Name> } = {
  'train-segment': {
    kind: 'tensorflow',
    module: at('./train-segment.ts'),
    load: async () => (await import('./train-segment.ts')).trainSegment,
  },
  'export-models': {
    kind: 'tensorflow',
    module: at('./export-models.ts'),
    load: async () => (await import('./export-models.ts')).exportModels,
  },
  'prepare-initial-flow': {
    kind: 'tensorflow',
    module: at('./prepare-initial-flow.ts'),
    load: async () => (await import('./prepare-initial-flow.ts')).prepareInitialFlow,
  },
  'draw-samples': {
    kind: 'evaluation',
    module: at('./evaluate/draw-samples.ts'),
    load: async () => (await import('./evaluate/draw-samples.ts')).drawSamples,
  },
  'evaluate-density': {
    kind: 'evaluation',
    module: at('./evaluate/evaluate-density.ts'),
    load: async () => (await import('./evaluate/evaluate-density.ts')).evaluateDensity,
  },
  'evaluate-images': {
    kind: 'evaluation',
    module: at('./evaluate/evaluate-images.ts'),
    load: async () => (await import('./evaluate/evaluate-images.ts')).evaluateImages,
  },
  'prepare-features': {
    kind: 'evaluation',
    module: at('./evaluate/prepare-features.ts'),
    load: async () => (await import('./evaluate/prepare-features.ts')).prepareFeatures,
  },
  'feature-statistics': {
    kind: 'evaluation',
    module: at('./evaluate/feature-statistics.ts'),
    load: async () => (await import('./evaluate/feature-statistics.ts')).featureStatistics,
  },
};

/** For a process of that kind. */
export async function handlersOf(kind: ComputeKind): Promise<JobHandlers> {
  const own = Object.entries(jobs).filter(([, job]) => job.kind === kind);
  const loaded = await Promise.all(own.map(async ([name, job]) => [name, await job.load()] as const));
  return Object.fromEntries(loaded) as JobHandlers;
}
