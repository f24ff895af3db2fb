/** A data set as it is prepared. Types only: workflow code imports this file. */
import type { DatasetConfig } from '../config/dataset-config.ts';
import type { ArtifactRef, Provenance } from './artifact.ts';
import type { Decision } from './decision.ts';

export interface PreparedDataset extends Provenance {
  /** safetensors: toy `x [N,2]` float32; images `x [N, H*W*C/4]` int32, four bytes in each (see
   *  models/graph/bytes.ts), and `labels [N]` int32 from 0 where the set has them. */
  readonly train: ArtifactRef;
  /** As train; toy adds `logDensity [N]`, nats, float32 of the exact float64 value. */
  readonly test: ArtifactRef;
  readonly shape: readonly number[];
  readonly trainCount: number;
  readonly testCount: number;
  readonly partial: boolean;
  readonly source: string;
  /** JSON: source, counts, split, preprocessing, licence and the hash of every input file
   *  (datasets/dataset-card.ts). */
  readonly card: ArtifactRef;
  /** PNG of the first training images; null for points. */
  readonly picture: ArtifactRef | null;
  /** What was done to the images, as on the card; left out for points, and by earlier versions. */
  readonly preprocessing?: readonly string[];
  /** What people have to know beside the figures; left out where there is nothing. */
  readonly notes?: readonly DatasetNote[];
}

/** It becomes a decision of the run. */
export interface DatasetNote extends Pick<Decision, 'sentence' | 'details'> {
  readonly what: 'left-out' | 'noted';
}

export interface PrepareRequest {
  readonly dataset: DatasetConfig;
  readonly dataDir: string | null;
  readonly seed: number;
}
