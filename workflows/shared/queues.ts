/** Names of the task queues, and the ids of a run's executions. */
/** Workflows, and what takes neither many cores nor long: preparing, exporting, recording, reporting.
 *  The name is from when trainings were here too: executions of then, and schedules made then, go on. */
export const workflowQueue = 'counterflow-train';
/** Segments of trainings. */
export const segmentQueue = 'counterflow-segments';
/** Evaluations share no memory with trainings: their workers can run anywhere the store can be reached. */
export const evaluateQueue = 'counterflow-evaluate';

/** Of a sweep's trials: what somebody started by itself, with priority 3, goes first. */
export const sweepPriority = { priorityKey: 4 };

/** The workflow of a run has the run's id; each training is a child of its own. */
export const trainingId = (runId: string, training: string): string => `${runId}/${training}`;
