/** The library: runs, sweeps and schedules from a program of one's own. */
import { resolve } from 'node:path';
import type { Decision } from '../../activities/contracts/decision.ts';
import type { RunRequest } from '../../activities/contracts/run.ts';
import type { Sweep } from '../../activities/sweep/contracts.ts';
import type { OwnExperiment } from '../../workflows/experiments/index.ts';
import type { ServerFlags } from '../temporal/choose-server.ts';
import { planOf } from './estimate/plan.ts';
import { requireRoom } from './estimate/require-space.ts';
import { findRun, listRuns, readRecord, removeRun, type RunSummary } from './records/run-records.ts';
import { findSweep, listSweeps, writeSweep } from './records/sweep-records.ts';
import { RunHandle } from './run-handle.ts';
import { claimRunId, earlierRequest, type Entered } from './runs/claim-run-id.ts';
import { sayConfigNotes } from './runs/config-notes.ts';
import { requestOf, type RequestOptions } from './runs/run-request.ts';
import { startRun, type Beginning } from './runs/start-run.ts';
import {
  checkPolicies,
  createSchedule,
  defaultPolicies,
  type Policies,
} from './schedules/create-schedule.ts';
import { listSchedules } from './schedules/list-schedules.ts';
import { detailsOf, viewOf, type ScheduleDetails, type ScheduleView } from './schedules/schedule-view.ts';
import { ownTimeZone, scheduleSpec } from './schedules/times.ts';
import { unknownSchedule } from './schedules/unknown-schedule.ts';
import { configOf, whatRuns, type WhatOptions } from './schedules/what-runs.ts';
import { storedIn, type ServerConnection } from './server/server-connection.ts';
import { Workplace } from './server/workplace.ts';
import { SweepHandle } from './sweep-handle.ts';
import { resolveSweep, type SweepOptions } from './sweeps/resolve-sweep.ts';

export interface ConnectOptions extends ServerFlags {
  /** Folder of the runs, their artifacts and the embedded server's state; `runs` where left out. */
  readonly runs?: string;
  /** Told, a line at a time, what people should know: which server it is, what a message waits for. */
  readonly say?: (line: string) => void;
  /** False for a program that starts no runs and follows none: it does not count as somebody who works on
   *  them. */
  readonly tends?: boolean;
}

export type ScheduleOptions = WhatOptions & Partial<Policies>;

export class Counterflow {
  readonly #workplace: Workplace;

  private constructor(workplace: Workplace) {
    this.#workplace = workplace;
  }

  /** A server is started, or connected to, when it is first needed. Without an address it is the folder's
   *  own, or the one that the environment or Temporal's configuration file names. Throws CounterflowError. */
  static async connect({
    runs = 'runs',
    say = () => undefined,
    tends = true,
    ...flags
  }: ConnectOptions = {}): Promise<Counterflow> {
    return new Counterflow(new Workplace(resolve(runs), flags, say, tends));
  }

  /** Absolute path of the folder of runs. */
  get folder(): string {
    return this.#workplace.out;
  }

  /** Starts an experiment by its name, by a file, or one that the program has made. A run of the same `id`
   *  that was asked for in the same way is joined, gone on with, or found completed. Nothing is trained
   *  before somebody follows it, or a worker serves the folder. Throws CounterflowError before anything
   *  starts where something is wrong. */
  async start(experiment: string | OwnExperiment, options: RequestOptions = {}): Promise<RunHandle> {
    return this.startRequest(await requestOf(experiment, options), options.id !== undefined);
  }

  /** As `start`, of a request that is resolved. `isNamed`: its id was given, and others may use it too. */
  async startRequest(asked: RunRequest, isNamed: boolean): Promise<RunHandle> {
    const { out, say } = this.#workplace;
    const earlier = await earlierRequest(out, asked);
    const record = earlier && (await readRecord(out, asked.runId));
    if (record?.status === 'completed') return this.#handle(asked.runId, 'completed', []);
    // on a server elsewhere nobody knows what its workers have; what was begun may have most of it behind it
    if (!earlier && this.#workplace.isEmbedded()) await requireRoom(await planOf(asked), out);
    const connection = await this.#workplace.connection(earlier);
    const entered = await claimRunId(out, { request: asked, ...storedIn(connection) });
    const beginning = await this.#begin(connection, entered, isNamed);
    if (beginning === 'begun') sayConfigNotes(asked.config, say);
    return this.#handle(asked.runId, beginning, record?.decisions ?? []);
  }

  /** By its id, the unambiguous beginning of one, or `latest`. Throws CounterflowError. */
  async run(name: string): Promise<RunHandle> {
    return this.#handle(await findRun(this.#workplace.out, name));
  }

  /** Newest first; needs no server. */
  runs(): Promise<RunSummary[]> {
    return listRuns(this.#workplace.out);
  }

  /** Starts a sweep of a file; the file's form is in docs/guide/sweeps.md. Throws CounterflowError before
   *  anything starts where something is wrong with it. */
  async sweep(file: string, options: SweepOptions = {}): Promise<SweepHandle> {
    const opened = await this.openSweep(await resolveSweep(file, options));
    await opened.resume();
    return opened;
  }

  /** Writes down a sweep that is resolved; its `resume` starts it. Throws CounterflowError. */
  async openSweep(sweep: Sweep): Promise<SweepHandle> {
    const connection = await this.#workplace.connection();
    await writeSweep(this.#workplace.out, sweep, storedIn(connection));
    return new SweepHandle(this.#workplace, sweep);
  }

  /** A sweep by its id, the unambiguous beginning of one, or `latest`. Throws CounterflowError. */
  async findSweep(name: string): Promise<SweepHandle> {
    return new SweepHandle(this.#workplace, (await findSweep(this.#workplace.out, name)).sweep);
  }

  /** Newest first; needs no server. */
  async sweeps(): Promise<SweepHandle[]> {
    return (await listSweeps(this.#workplace.out)).map(
      ({ sweep }) => new SweepHandle(this.#workplace, sweep),
    );
  }

  /** Has the server start an experiment, or a sweep, again and again: give `cron` or `every` (milliseconds).
   *  Throws CounterflowError where the name is taken, or the times are none. */
  async schedule(
    name: string,
    experiment: string | null,
    options: ScheduleOptions,
  ): Promise<ScheduleDetails> {
    const policies: Policies = { ...defaultPolicies, timeZone: ownTimeZone(), ...options };
    scheduleSpec(policies);
    checkPolicies(policies);
    const what = await whatRuns(name, experiment ?? undefined, options);
    sayConfigNotes(configOf(what), this.#workplace.say);
    const connection = await this.#workplace.connection();
    await createSchedule(connection.client, name, what, storedIn(connection), policies);
    const description = await connection.client.schedule.getHandle(name).describe();
    return detailsOf(description, viewOf(description)!);
  }

  /** By name. */
  async schedules(): Promise<ScheduleView[]> {
    return listSchedules((await this.#workplace.connection()).client.schedule);
  }

  /** Its runs stay. Throws CounterflowError where there is none of that name. */
  async unschedule(name: string): Promise<void> {
    const known = await this.schedules();
    if (!known.some((schedule) => schedule.name === name)) throw unknownSchedule(name, known);
    await (await this.#workplace.connection()).client.schedule.getHandle(name).delete();
  }

  /** Ends the folder's own server too, where nobody else needs it. Runs that are under way stay resumable. */
  close(): Promise<void> {
    return this.#workplace.close();
  }

  /** Leaves the folder's own server to whoever else uses it. */
  leave(): Promise<void> {
    return this.#workplace.leave();
  }

  async #begin({ client }: ServerConnection, entered: Entered, isNamed: boolean): Promise<Beginning> {
    try {
      return await startRun(client, this.#workplace.out, entered);
    } catch (error) {
      // another may have begun a run of an id that was given
      if (entered.isFirst && !isNamed) await removeRun(this.#workplace.out, entered.stored.request.runId);
      throw error;
    }
  }

  #handle(id: string, beginning?: Beginning, before?: readonly Decision[]): RunHandle {
    return new RunHandle(this.#workplace, id, beginning, before);
  }
}
