/** What updates of a training take, from a few of them at its start: how many would take so long. */
import { join } from 'node:path';
import type { Salted } from './contracts/artifact.ts';
import type { MeasuredUpdates, MeasureRequest } from './contracts/training.ts';
import { cachedStep } from './step/cached-step.ts';
import { measuredConfig } from './config/measured-config.ts';
import type { Ports } from './ports/ports.ts';
import { resolvedThreads } from './step/run-job.ts';
import { inScratch } from './disk/scratch.ts';
import { completed } from './train-segment.ts';
import type { ActivityScope } from './step/heartbeat.ts';

type Output = Pick<MeasuredUpdates, 'updates' | 'updateSeconds' | 'firstSeconds'>;

/** Seconds of updates that are measured: of 40 ms each, as quick experiments have them on 2 cores, 125. Never
 *  fewer than ten, nor more than 500. */
const worthSeconds = 5;
const [fewest, most] = [10, 500];
/** After the first, in which the graph is prepared: how many are looked at to see how fast they are. */
const looked = 3;
/** Nothing is learned, so that nothing can diverge. */
const still = { learningRateScale: 0, noiseStream: 0 };

/** The training's process holds the cores and the memory that its segments will. What is measured is
 *  remembered as segments are, with what it is held against. */
export async function measureUpdates(
  ports: Ports,
  { salt, ...asked }: Salted<MeasureRequest>,
  scope: ActivityScope,
): Promise<MeasuredUpdates> {
  const { spec } = completed(asked);
  const request = { ...asked, spec: { ...spec, config: measuredConfig(spec.config) } };
  const threads = resolvedThreads(spec.threads);
  return cachedStep(ports, { activity: 'measure-updates', spec: request, threads, salt }, scope, () =>
    measured(ports, request, threads, scope),
  );
}

async function measured(
  { store, compute, scratch: root }: Ports,
  { spec, most: limit }: MeasureRequest,
  threads: number,
  scope: ActivityScope,
): Promise<Output> {
  const { dataset, initialFlow } = spec;
  const files = {
    train: await store.path(dataset.train),
    test: await store.path(dataset.test),
    initialFlow: initialFlow && (await store.path(initialFlow)),
  };
  return inScratch(root, 'measure-updates', async (scratch) => {
    const run = (fromUpdate: number, toUpdate: number, checkpoint: string | null) =>
      compute.run(
        'train-segment',
        { spec, checkpoint: null, fromUpdate, toUpdate, adjustment: still, files: { ...files, checkpoint } },
        {
          threads,
          scratch: join(scratch, `${fromUpdate}`),
          ...scope,
          onProgress: (progress) =>
            scope.onProgress(progress.phase === 'step' ? { ...progress, total: toUpdate } : progress),
        },
      );
    try {
      const first = await run(0, 1, null);
      const look = await run(1, 1 + looked, first.checkpoint);
      const updates = Math.max(
        Math.min(fewest, limit),
        Math.min(most, limit, Math.floor((worthSeconds * looked) / look.updateSeconds)),
      );
      const { updateSeconds } = await run(1 + looked, 1 + looked + updates, look.checkpoint);
      return {
        updates,
        updateSeconds,
        firstSeconds: Math.max(0, first.updateSeconds - updateSeconds / updates),
      };
    } finally {
      await compute.release(spec);
    }
  });
}
