/** SHA-256 of a checkpoint's file and of the weights in it: beside the training where they are large. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { hashOfFile, hashOfRanges, type ByteRange } from '../store/hash-of-file.ts';

/** `weights`: where they lie in the file, the models one after another. */
export interface FileToHash {
  readonly file: string;
  readonly weights: Readonly<Record<'raw' | 'averaged', readonly ByteRange[]>>;
}
export interface CheckpointHashes {
  readonly sha256: string;
  readonly weights: Readonly<Record<'raw' | 'averaged', string>>;
}

export async function hashesOf({ file, weights: { raw, averaged } }: FileToHash): Promise<CheckpointHashes> {
  return { sha256: await hashOfFile(file), weights: { raw: await hashOfRanges(file, raw), averaged: await hashOfRanges(file, averaged) } };
}

/** The same in a thread of its own. Throws what that throws. */
export async function hashesBeside(written: FileToHash): Promise<CheckpointHashes> {
  const thread = new Worker(new URL('./hash-thread.mjs', import.meta.url), { workerData: written, execArgv: [] });
  try {
    const [hashes] = await once(thread, 'message') as [CheckpointHashes];
    return hashes;
  } finally {
    await thread.terminate();
  }
}
