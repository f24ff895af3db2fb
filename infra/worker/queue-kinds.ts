/** What a worker can be asked to serve: task queues by the work on them. `workflows` brings the light
 *  activities, prepare, export, record and report. */
export const queueKinds = ['workflows', 'train', 'evaluate'] as const;
export type QueueKind = (typeof queueKinds)[number];
