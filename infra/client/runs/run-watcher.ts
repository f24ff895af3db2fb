/** A run as it stands just now, for whoever looks at it again and again. */
import type { Client } from '@temporalio/client';
import type { Decision } from '../../../activities/contracts/decision.ts';
import type { MetricsLine } from '../../../activities/report/contract.ts';
import { trainingOrder } from '../../../activities/record/run-record.ts';
import { ask } from '../server/ask.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { CodeWatch, type Differing } from '../server/code-watch.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { describeRun } from './describe-run.ts';
import type { RunView } from './active-step.ts';
import { readRecord, type StoredRecord } from '../records/run-records.ts';
import { runView } from './run-view.ts';
import { isOpen } from '../server/workflow-state.ts';
import type { ObservedServer } from '../server/observing-connections.ts';
import { LiveMetrics } from './live-metrics.ts';

/** `out of sight`: it is recorded as running, but its server does not run, or does not answer. `idle`: nobody
 *  works on it. `stuck`: the code of the workflows is no longer that which it was begun with. */
export type WatchedState = 'under way' | 'ended' | 'idle' | 'stuck' | 'out of sight';

export interface LiveRun {
  readonly state: WatchedState;
  /** Whether its workflow is open; null: its server does not answer. */
  readonly isOpen: boolean | null;
  readonly record: StoredRecord;
  /** Why it is stuck; null where it is not. */
  readonly differing: Differing | null;
  /** What goes on; null where nothing does. */
  readonly view: RunView | null;
  readonly decisions: readonly Decision[];
  readonly metrics: readonly MetricsLine[];
}

export class RunWatcher {
  readonly #out: string;
  readonly #id: string;
  readonly #metrics: LiveMetrics;
  readonly #code: CodeWatch;
  #view: RunView | null = null;
  #differing: Differing | null = null;
  #isAsking = false;

  constructor(out: string, id: string) {
    [this.#out, this.#id, this.#metrics, this.#code] = [out, id, new LiveMetrics(out, id), new CodeWatch(id)];
  }

  /** `server`: null where its server does not run. Throws CounterflowError where there is no such run. */
  async look(server: ObservedServer | null): Promise<LiveRun> {
    const client = server?.client ?? null;
    const open = client && (await ask(client, () => isOpen(client, this.#id)));
    const observed = client && open ? await describeRun(client, this.#id) : null;
    const differing = client && open && server?.isTended !== false ? this.#seenOfCode(client) : null;
    const record = await readRecord(this.#out, this.#id);
    if (record === null)
      throw new CounterflowError(
        exitCodes.badInput,
        `Expected the folder of a run, but ${this.#id} is none any more.`,
      );
    const elapsedSeconds = (Date.now() - Date.parse(record.startedAt)) / 1000;
    this.#view =
      observed && runView(observed, { runId: this.#id, uiUrl: server!.uiUrl, elapsedSeconds }, this.#view);
    const known = new Set([
      ...Object.keys(observed?.status?.trainings ?? {}),
      ...(this.#view?.steps ?? []).map(({ name }) => name),
    ]);
    const trainings = trainingOrder.filter((training) => known.has(training));
    return {
      record,
      view: this.#view,
      isOpen: open,
      differing,
      state: stateOf(record, open, server?.isTended ?? null, differing),
      decisions: observed?.status?.decisions ?? record.decisions ?? [],
      metrics: await this.#metrics.read(
        observed && client,
        this.#view?.steps ?? [],
        trainings,
        new Set(Object.keys(record.trainings ?? {})),
      ),
    };
  }

  /** As of the last answer: one that waits for a worker keeps nobody from seeing the rest. */
  #seenOfCode(client: Client): Differing | null {
    if (!this.#isAsking) void this.#askOfCode(client);
    return this.#differing;
  }

  async #askOfCode(client: Client): Promise<void> {
    this.#isAsking = true;
    this.#differing = await this.#code.look(client).catch(() => this.#differing);
    this.#isAsking = false;
  }
}

/** The server's word goes before the record's: that of a run just resumed still tells how it ended before. */
function stateOf(
  { status }: StoredRecord,
  open: boolean | null,
  isTended: boolean | null,
  differing: Differing | null,
): WatchedState {
  if (differing !== null) return 'stuck';
  if (open) return isTended === false ? 'idle' : 'under way';
  if (status !== 'running') return 'ended';
  return open === null ? 'out of sight' : 'idle';
}
