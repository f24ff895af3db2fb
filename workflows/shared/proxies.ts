/** The activities as workflows call them, with the time each may take and why. */
import { ActivityCancellationType, proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../../activities/contracts/activities.ts';
import { failures } from '../../activities/contracts/failures.ts';
import { evaluateQueue, segmentQueue, workflowQueue } from './queues.ts';

/** What does not get better by trying again. A crash of a compute process or a full disk may. */
const nonRetryableErrorTypes = [failures.badInput, failures.missingData, failures.divergence];

/** In all of the times below there is a day for waiting until a full disk has room again. */
const common: ActivityOptions = {
  // Activities send a heartbeat every second while their job advances: 20 s of silence is a dead worker, not
  // a slow one.
  heartbeatTimeout: '20 s',
  // Ten tries outlast several restarts of a worker; what crashes ten times at the same place will do so
  // again. The activity itself ends sooner what fails in the same way each time: for want of memory, or
  // before its first step (activities/step/failed-before.ts).
  retry: {
    initialInterval: '1 s',
    backoffCoefficient: 2,
    maximumInterval: '30 s',
    maximumAttempts: 10,
    nonRetryableErrorTypes,
  },
  // A run counts as cancelled when its compute processes are gone, not before.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
};

export const { prepareDataset } = proxyActivities<Activities>({
  ...common,
  taskQueue: workflowQueue,
  // A folder of a million photographs is hashed and decoded on few cores; hanging is the heartbeat's to
  // notice.
  startToCloseTimeout: '48 h',
});

export const { trainSegment } = proxyActivities<Activities>({
  ...common,
  taskQueue: segmentQueue,
  // A segment of a large training on few cores, the wait for free cores included; hanging is the heartbeat's
  // to notice.
  startToCloseTimeout: '48 h',
});

export const { measureUpdates } = proxyActivities<Activities>({
  ...common,
  taskQueue: segmentQueue,
  // Some seconds of updates, or ten of the slowest; most of it is a wait for the cores that other trainings
  // hold.
  startToCloseTimeout: '48 h',
});

export const { exportModels, prepareInitialFlow } = proxyActivities<Activities>({
  ...common,
  taskQueue: workflowQueue,
  // Seconds of work, after a wait for the cores that other trainings hold.
  startToCloseTimeout: '26 h',
});

export const { prepareFeatures, featureStatistics, evaluateDensity, evaluateImages, drawSamples } =
  proxyActivities<Activities>({
    ...common,
    taskQueue: evaluateQueue,
    // 50,000 samples through a feature network on a CPU.
    startToCloseTimeout: '30 h',
  });

export const {
  recordRun,
  recordRequest,
  openFiring,
  writeReport,
  recordSweepRequest,
  openSweepFiring,
  openSweep,
  openTrial,
  recordTrial,
  recordSweepEnd,
} = proxyActivities<Activities>({
  ...common,
  taskQueue: workflowQueue,
  // Writes small files.
  startToCloseTimeout: '25 h',
});

/** The last of a run that ends before its time: it is not held open by a full disk, for it may be cancelled
 *  so that there is room again. */
export const { recordRun: recordRunAtOnce } = proxyActivities<Activities>({
  ...common,
  taskQueue: workflowQueue,
  startToCloseTimeout: '1 min',
  retry: { ...common.retry, maximumAttempts: 3 },
});

/** Nothing waits for room on a disk here: what cannot be removed now is asked for again. */
export const { releaseCheckpoints } = proxyActivities<Activities>({
  ...common,
  taskQueue: workflowQueue,
  startToCloseTimeout: '10 min',
  retry: { ...common.retry, maximumAttempts: 3 },
});

export const { releaseCompute } = proxyActivities<Activities>({
  ...common,
  // Where the training's last segment was computed, if there is one such worker; on another the process ends
  // by itself after a while.
  taskQueue: segmentQueue,
  startToCloseTimeout: '1 min',
  heartbeatTimeout: undefined,
});
