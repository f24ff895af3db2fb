/** `import { Counterflow } from 'counterflow'`. */
export { Counterflow, type ConnectOptions, type ScheduleOptions } from './client.ts';
export { RunHandle } from './run-handle.ts';
export { SweepHandle } from './sweep-handle.ts';
export { CounterflowError, type ErrorKind } from '../base/user-error.ts';
export { experiments, type Experiment, type OwnExperiment } from '../../workflows/experiments/index.ts';
export type { RunSummary, StoredRecord } from './records/run-records.ts';
export type { RunEvent, SweepEvent } from './runs/events.ts';
export type { RequestOptions } from './runs/run-request.ts';
export type { ResumeOptions } from './runs/go-on-with-run.ts';
export type { SettledVerification } from './runs/verify-settled.ts';
export type { SweepOptions } from './sweeps/resolve-sweep.ts';
export type { SweepRecord } from '../../activities/sweep/contracts.ts';
export type { TrainingCommand } from '../../activities/contracts/command.ts';
export type { TrainingName } from '../../activities/contracts/names.ts';
export type { Lineage } from '../lineage/lineage.ts';
