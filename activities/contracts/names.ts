/** Names of trainings, stages and states, as files and programs know them. Types only: workflow code imports
 *  this file. */

/** Trainings of a run, by the name their metrics and files carry. */
export type TrainingName =
  | 'flow-mle'
  | 'nce-standard'
  | 'nce-matched'
  | 'vae'
  | 'dcgan'
  | 'features'
  | 'pretrain'
  | 'contrast'
  | 'control';

/** What models are exported of: a training, or the flow that was given in a pretraining's place. */
export type ExportedName = TrainingName | 'initial-flow';

export type StageName =
  | 'prepare'
  | 'baselines'
  | 'features'
  | 'pretrain'
  | 'contrast'
  | 'control'
  | 'export'
  | 'evaluate'
  | 'report';

export type RunStatusName = 'running' | 'completed' | 'failed' | 'cancelled';
