/** What workflows answer to, as histories, other versions and programs know it. Plain data: clients import it
 *  too. None of these names changes. */
export const wireNames = {
  /** Queries: of a run, of a training, of a sweep. */
  status: 'status',
  metrics: 'metrics',
  sweepStatus: 'sweep-status',
  /** Update of a run: a command. */
  command: 'tell',
  /** Signals: a command handed on to a training; a training's progress, handed up to its run. */
  commandToTraining: 'told',
  trainingProgress: 'training-news',
} as const;
