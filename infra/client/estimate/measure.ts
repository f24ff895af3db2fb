/** A few updates of each training of a run, at their real size and batch: what they take says what the
 *  training will. Nothing of them is kept. */
import { join } from 'node:path';
import type { PreparedDataset } from '../../../activities/contracts/dataset.ts';
import type { TrainingSpec } from '../../../activities/contracts/training.ts';
import type { ComputeJobs } from '../../../activities/ports/compute.ts';
import type { Progress } from '../../../activities/ports/progress.ts';
import { measuredConfig } from '../../../activities/config/measured-config.ts';
import { resolvedThreads } from '../../../activities/step/run-job.ts';
import { inScratch } from '../../../activities/disk/scratch.ts';
import type { TrainingConfig } from '../../../models/training-schema.ts';
import type { LocalPorts } from '../../worker/create-ports.ts';
import type { PlannedTraining } from './plan.ts';

export interface MeasuredTraining {
  /** Seconds of one update, by whose move it is; `all` where there is one player. */
  readonly perUpdate: Readonly<Record<string, number>>;
  /** Loading, recording and the first run, once a process. */
  readonly startSeconds: number;
  /** Reading and writing a checkpoint, once a segment. */
  readonly segmentSeconds: number;
  /** The most that its process held, bytes. */
  readonly peakBytes: number;
}

/** Of fast updates so many seconds are measured. */
const worthSeconds = 2;
const mostUpdates = 60;

type Job = ComputeJobs['train-segment'];
type Ran = Job['result'] & { readonly seconds: number };

/** Throws what the job throws. */
export function measureTraining(
  ports: LocalPorts,
  planned: PlannedTraining,
  about: Pick<TrainingSpec, 'seed' | 'threads'> & { readonly dataset: PreparedDataset },
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<MeasuredTraining> {
  const { dataset } = about;
  const spec: TrainingSpec = {
    training: planned.name,
    config: measuredConfig(planned.config),
    models: planned.models,
    seed: about.seed,
    threads: about.threads,
    initialFlow: null,
    dataset: { train: dataset.train, test: dataset.test, shape: dataset.shape },
  };
  const moves = movesOf(planned.config);
  return inScratch(ports.scratch, 'estimate', async (scratch) => {
    const files = {
      train: await ports.store.path(dataset.train),
      test: await ports.store.path(dataset.test),
      initialFlow: null,
    };
    const run = async (from: number, to: number, checkpoint: string | null): Promise<Ran> => {
      const startedAt = performance.now();
      const job = {
        spec,
        checkpoint: null,
        fromUpdate: from,
        toUpdate: to,
        adjustment: { learningRateScale: 1, noiseStream: 0 },
        files: { ...files, checkpoint },
      };
      const result = await ports.compute.run('train-segment', job, {
        threads: resolvedThreads(about.threads),
        scratch: join(scratch, `${from}`),
        signal,
        onProgress,
      });
      return { ...result, seconds: (performance.now() - startedAt) / 1000 };
    };
    try {
      const first = await run(0, moves.length, null);
      const each: Ran[] = [];
      let at = moves.length;
      for (let checkpoint = first.checkpoint; each.length < moves.length; at += 1) {
        each.push(await run(at, at + 1, checkpoint));
        checkpoint = each.at(-1)!.checkpoint;
      }
      const once = each.reduce((sum, { updateSeconds }) => sum + updateSeconds, 0);
      const rounds = Math.min(Math.floor(worthSeconds / once), Math.floor(mostUpdates / moves.length));
      const more = rounds > 1 ? await run(at, at + rounds * moves.length, each.at(-1)!.checkpoint) : null;
      const factor = more ? more.updateSeconds / (rounds * once) : 1;
      return {
        perUpdate: Object.fromEntries(moves.map((move, i) => [move, each[i]!.updateSeconds * factor])),
        startSeconds: Math.max(0, first.seconds - once),
        segmentSeconds: Math.min(
          ...each.map(({ seconds, updateSeconds }) => Math.max(0, seconds - updateSeconds)),
        ),
        peakBytes: ports.compute.peak(spec) ?? 0,
      };
    } finally {
      await ports.compute.release(spec);
    }
  });
}

/** Whose moves are measured, in their order. */
const movesOf = ({ method }: TrainingConfig): readonly string[] =>
  method === 'fce' ? ['ebm', 'flow'] : method === 'gan' ? ['discriminator', 'generator'] : ['all'];
