/** A compute job from references to references: its files are kept in a scratch folder until they are
 *  artifacts. */
import { availableParallelism } from 'node:os';
import type { ArtifactRef } from '../contracts/artifact.ts';
import type { ComputeJobs, JobName } from '../ports/compute.ts';
import type { Ports } from '../ports/ports.ts';
import { inScratch } from '../disk/scratch.ts';
import type { ActivityScope } from './heartbeat.ts';

/** `keep` turns the job's result, whose files are about to go, into what the activity gives back. */
export async function runJob<K extends JobName, T>(
  { compute, scratch: root }: Ports,
  name: K,
  job: ComputeJobs[K]['job'],
  threads: number,
  scope: ActivityScope,
  keep: (result: ComputeJobs[K]['result']) => Promise<T>,
): Promise<T> {
  return inScratch(root, name, async (scratch) =>
    keep(await compute.run(name, job, { threads, scratch, ...scope })),
  );
}

/** 0 stands for all cores; results depend on the number, so that it is resolved before a key is made from
 *  it. */
export const resolvedThreads = (threads: number): number =>
  threads === 0 ? availableParallelism() : threads;

/** References by name -> paths by name. */
export async function pathsOf(
  { store }: Pick<Ports, 'store'>,
  refs: Readonly<Record<string, ArtifactRef>>,
): Promise<Record<string, string>> {
  return Object.fromEntries(
    await Promise.all(
      Object.entries(refs).map(async ([name, ref]) => [name, await store.path(ref)] as const),
    ),
  );
}

/** Files by name -> references by name. */
export async function keepAll(
  { store }: Pick<Ports, 'store'>,
  files: Readonly<Record<string, string>>,
): Promise<Record<string, ArtifactRef>> {
  return Object.fromEntries(
    await Promise.all(
      Object.entries(files).map(async ([name, file]) => [name, await store.put({ file })] as const),
    ),
  );
}
