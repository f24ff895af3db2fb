/** Every activity by its name: what workflows call. Types only: workflow code imports this file. */
import type { SweepActivities } from '../sweep/contracts.ts';
import type { ArtifactRef, Provenance, Salted } from './artifact.ts';
import type { PreparedDataset, PrepareRequest } from './dataset.ts';
import type {
  DensityRequest,
  EvaluationResult,
  ExportedModels,
  ExportRequest,
  FeatureNetwork,
  FeaturesRequest,
  ImagesRequest,
  InitialFlow,
  InitialFlowRequest,
  SamplesRequest,
  StatisticsRequest,
} from './evaluation.ts';
import type { OpenedFiring, RunSnapshot, StoredRequest } from './run.ts';
import type {
  MeasuredUpdates,
  MeasureRequest,
  ReleaseRequest,
  ReleaseResult,
  SegmentResult,
  SegmentTask,
  TrainingSpec,
} from './training.ts';

/** The verbs, as the workflows see them. */
export interface Activities extends SweepActivities {
  prepareDataset(request: Salted<PrepareRequest>): Promise<PreparedDataset>;
  prepareFeatures(request: Salted<FeaturesRequest>): Promise<FeatureNetwork & Provenance>;
  prepareInitialFlow(request: Salted<InitialFlowRequest>): Promise<InitialFlow & Provenance>;
  featureStatistics(
    request: Salted<StatisticsRequest>,
  ): Promise<{ readonly statistics: ArtifactRef } & Provenance>;
  trainSegment(request: SegmentTask): Promise<SegmentResult>;
  measureUpdates(request: Salted<MeasureRequest>): Promise<MeasuredUpdates>;
  /** Removes checkpoints that no other run needs either. */
  releaseCheckpoints(request: ReleaseRequest): Promise<ReleaseResult>;
  /** Ends the compute processes that are kept warm for a training. */
  releaseCompute(spec: TrainingSpec): Promise<void>;
  exportModels(request: Salted<ExportRequest>): Promise<ExportedModels>;
  /** A PNG. */
  drawSamples(request: Salted<SamplesRequest>): Promise<{ readonly picture: ArtifactRef } & Provenance>;
  evaluateDensity(request: Salted<DensityRequest>): Promise<EvaluationResult>;
  evaluateImages(request: Salted<ImagesRequest>): Promise<EvaluationResult>;
  writeReport(run: RunSnapshot): Promise<void>;
  recordRun(run: RunSnapshot): Promise<void>;
  recordRequest(stored: StoredRequest): Promise<void>;
  /** Keeps what a firing of a schedule asks for, unless a run of that id is there. Fails as BadInput where
   *  that is another's. */
  openFiring(stored: StoredRequest): Promise<OpenedFiring>;
}
