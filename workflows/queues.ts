/** Names of the task queues, and the ids of a run's executions. */
export const trainQueue = 'counterflow-train';
/** Evaluations share no memory with trainings: their workers can run anywhere the store can be reached. */
export const evaluateQueue = 'counterflow-evaluate';

/** The workflow of a run has the run's id; each training is a child of its own. */
export const trainingId = (runId: string, training: string): string => `${runId}/${training}`;
