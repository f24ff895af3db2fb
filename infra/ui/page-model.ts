/** What the pages show, read anew each time they are asked for. */
import type { ReportRecord } from '../../activities/report/contract.ts';
import type { Markup } from '../../activities/report/html.ts';
import { dataFile } from '../../activities/disk/file-inside.ts';
import { ask } from '../client/server/ask.ts';
import { idleRuns, nowOf } from '../client/runs/idle-runs.ts';
import { openAmong, type OpenOf } from '../client/server/idle-workflows.ts';
import { readRecord, readRequest, type StoredRecord } from '../client/records/run-records.ts';
import { listSchedules } from '../client/schedules/list-schedules.ts';
import { sweepStatus } from '../client/sweeps/follow-sweep.ts';
import { idleSweeps } from '../client/sweeps/idle-sweeps.ts';
import { sweepIn } from '../client/records/sweep-records.ts';
import { ObservingConnections, type ObservedServer } from '../client/server/observing-connections.ts';
import { RunWatcher } from '../client/runs/run-watcher.ts';
import { keptFiles, type Kept } from '../gc/kept-files.ts';
import { layoutOf, runFolder } from '../store/layout.ts';
import type { ServerFlags } from '../temporal/choose-server.ts';
import type { Actions } from './actions.ts';
import { FolderListing } from './folder-listing.ts';
import { overview } from './pages/overview.ts';
import { runPage } from './pages/run-page.ts';
import { sweepPage } from './pages/sweep-page.ts';
import { runPictures } from './run-pictures.ts';

/** A page's content; `temporalUi`: where Temporal's own shows the same. */
export interface Shown {
  readonly title: string;
  readonly temporalUi: string | null;
  readonly main: Markup;
}

const freshForMs = 1000;
/** What a run keeps is counted anew after so long, and when it ends. */
const keptForMs = 15_000;
/** Watchers of runs that nobody has asked for lately are let go. */
const mostWatchers = 50;

export class PageModel {
  readonly #out: string;
  readonly #actions: Actions;
  readonly #token: string;
  readonly #connections: ObservingConnections;
  readonly #listing: FolderListing;
  readonly #looks = new Map<string, { readonly at: number; readonly shown: Promise<Shown | null> }>();
  readonly #kept = new Map<
    string,
    { readonly at: number; readonly of: string; readonly kept: Promise<Kept[]> }
  >();
  readonly #watchers = new Map<string, RunWatcher>();

  constructor(out: string, flags: ServerFlags, actions: Actions, token: string) {
    [this.#out, this.#actions, this.#token, this.#connections, this.#listing] = [
      out,
      actions,
      token,
      new ObservingConnections(out, flags),
      new FolderListing(out),
    ];
  }

  /** Many who look at one page at once see one look. `path`: of the page. */
  shared(path: string, look: () => Promise<Shown | null>): Promise<Shown | null> {
    const known = this.#looks.get(path);
    if (known && performance.now() - known.at < freshForMs) return known.shown;
    const shown = look();
    this.#looks.set(path, { at: performance.now(), shown });
    if (this.#looks.size > mostWatchers) this.#looks.delete(this.#looks.keys().next().value!);
    return shown;
  }

  async overview(): Promise<Shown> {
    const [{ runs, sweeps, unreadable }, observed] = await Promise.all([
      this.#listing.read(),
      this.#connections.to(null),
    ]);
    const openOf = openSeenBy(observed);
    const schedules =
      (observed && (await ask(observed.client, () => listSchedules(observed.client.schedule)))) || [];
    const idle = new Set([
      ...(await idleRuns(this.#out, runs, openOf)),
      ...(await idleSweeps(this.#out, sweeps, openOf)),
    ]);
    const now = await nowOf(this.#out, runs);
    return {
      title: 'Runs and sweeps',
      temporalUi: observed && workflowsIn(observed),
      main: overview({ runs: now, sweeps, unreadable, schedules, idle }),
    };
  }

  /** null: there is no such run. */
  async run(id: string): Promise<Shown | null> {
    const [record, stored] = await Promise.all([readRecord(this.#out, id), readRequest(this.#out, id)]);
    if (record === null) return null;
    const observed = await this.#connections.to(stored);
    const live = await this.#watcher(id).look(observed);
    const folder = runFolder(layoutOf(this.#out), id);
    const main = runPage({
      run: live,
      folder,
      pictures: await runPictures(folder),
      token: this.#token,
      said: this.#actions.lastMessage(id),
      temporalUi: observed && workflowIn(observed, id),
      reported: {
        title: id,
        partialData: false,
        config: stored?.request.config,
        ...live.record,
      } as ReportRecord,
      hasReport: (await dataFile(this.#out, id, 'report.html')) !== null,
      kept: await this.#keptOf(live.record),
    });
    return { title: id, temporalUi: observed && workflowsIn(observed), main };
  }

  /** null: there is no such sweep. */
  async sweep(id: string): Promise<Shown | null> {
    const record = await sweepIn(this.#out, id);
    if (record === null) return null;
    const observed = await this.#connections.to(record);
    const status = observed && record.status === 'running' ? await sweepStatus(observed.client, id) : null;
    const idle = (await idleSweeps(this.#out, [record], openSeenBy(observed))).has(id);
    const main = sweepPage({
      record,
      status,
      idle,
      token: this.#token,
      said: this.#actions.lastMessage(id),
      temporalUi: observed && workflowIn(observed, id),
    });
    return { title: id, temporalUi: observed && workflowsIn(observed), main };
  }

  close(): Promise<void> {
    return this.#connections.close();
  }

  /** Every file is looked at for it, and that seldom changes. */
  #keptOf(record: StoredRecord): Promise<Kept[]> {
    const known = this.#kept.get(record.id);
    if (known && known.of === record.status && performance.now() - known.at < keptForMs) return known.kept;
    const kept = keptFiles(layoutOf(this.#out), record);
    this.#kept.delete(record.id);
    this.#kept.set(record.id, { at: performance.now(), of: record.status, kept });
    if (this.#kept.size > mostWatchers) this.#kept.delete(this.#kept.keys().next().value!);
    return kept;
  }

  #watcher(id: string): RunWatcher {
    const known = this.#watchers.get(id) ?? new RunWatcher(this.#out, id);
    this.#watchers.delete(id);
    this.#watchers.set(id, known);
    if (this.#watchers.size > mostWatchers) this.#watchers.delete(this.#watchers.keys().next().value!);
    return known;
  }
}

/** By a connection that is there already. */
const openSeenBy =
  (observed: ObservedServer | null): OpenOf =>
  async (_address, ids) =>
    observed === null ? new Set() : openAmong(observed.client, ids);

const workflowsIn = ({ uiUrl, namespace }: ObservedServer): string | null =>
  uiUrl && `${uiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows`;
const workflowIn = (observed: ObservedServer, id: string): string | null =>
  observed.uiUrl && `${workflowsIn(observed)}/${encodeURIComponent(id)}`;
