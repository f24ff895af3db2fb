/** What the parts of an image evaluation are handed and give back. */
import type { ComputeJobs } from '../../../activities/ports/compute.ts';

export type ImageJob = ComputeJobs['evaluate-images']['job'];
export type ImageSides = readonly [height: number, width: number, channels: number];

export interface Findings {
  readonly results: Readonly<Record<string, number | string>>;
  /** Name -> path. */
  readonly files: Readonly<Record<string, string>>;
}

export const pixelsOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
