/** The activities of a worker, standing on the ports they are handed: each has a pulse, and fails under a
 *  name. */
import { abortable } from './disk/abortable-store.ts';
import type { Activities } from './contracts/activities.ts';
import { evaluateDensity, evaluateImages } from './evaluate.ts';
import { drawSamples } from './draw-samples.ts';
import { exportModels } from './export-models.ts';
import { asFailure } from './step/failures.ts';
import { featureStatistics, prepareFeatures } from './features.ts';
import { openFiring } from './firing/open-firing.ts';
import { measureUpdates } from './measure-updates.ts';
import type { Ports } from './ports/ports.ts';
import { prepareDataset } from './prepare-dataset.ts';
import { prepareInitialFlow } from './prepare-initial-flow.ts';
import { recordRequest } from './record/record-request.ts';
import { recordRun } from './record/record-run.ts';
import { releaseCheckpoints } from './release-checkpoints.ts';
import { releaseCompute } from './release-compute.ts';
import { openSweepFiring } from './firing/open-sweep-firing.ts';
import {
  openSweep,
  openTrial,
  recordSweepEnd,
  recordSweepRequest,
  recordTrial,
} from './sweep/sweep-activities.ts';
import { trainSegment } from './train-segment.ts';
import { withHeartbeat, type ActivityScope } from './step/heartbeat.ts';
import { writeReport } from './write-report.ts';

export function createActivities(ports: Ports): Activities {
  const verb =
    <I, O>(work: (ports: Ports, request: I, scope: ActivityScope) => Promise<O>) =>
    async (request: I): Promise<O> => {
      try {
        const limits = ports.roomWithinMs === undefined ? {} : { roomWithinMs: ports.roomWithinMs };
        return await withHeartbeat(
          (scope) => work({ ...ports, store: abortable(ports.store, scope.signal) }, request, scope),
          limits,
        );
      } catch (error) {
        throw asFailure(error);
      }
    };
  return {
    prepareDataset: verb(prepareDataset),
    prepareFeatures: verb(prepareFeatures),
    featureStatistics: verb(featureStatistics),
    prepareInitialFlow: verb(prepareInitialFlow),
    trainSegment: verb(trainSegment),
    measureUpdates: verb(measureUpdates),
    releaseCheckpoints: verb(releaseCheckpoints),
    releaseCompute: verb(releaseCompute),
    exportModels: verb(exportModels),
    drawSamples: verb(drawSamples),
    evaluateDensity: verb(evaluateDensity),
    evaluateImages: verb(evaluateImages),
    writeReport: verb(writeReport),
    recordRun: verb(recordRun),
    recordRequest: verb(recordRequest),
    openFiring: verb(openFiring),
    openSweepFiring: verb(openSweepFiring),
    recordSweepRequest: verb(recordSweepRequest),
    openSweep: verb(openSweep),
    openTrial: verb(openTrial),
    recordTrial: verb(recordTrial),
    recordSweepEnd: verb(recordSweepEnd),
  };
}
