/** A folder of runs with its server, and workers one after another: the next one takes over from one that is
 *  stopped. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { writeRequest } from '../../../infra/client/records/run-records.ts';
import { startWorkflow } from '../../../infra/client/runs/start-workflow.ts';
import { layoutOf, type Layout } from '../../../infra/store/layout.ts';
import { ensureServer, stopServer } from '../../../infra/temporal/dev-server.ts';
import { smallRequest } from './small-run.ts';
import { StoppableWorker } from './stoppable-worker.ts';

/** Seconds of silence after which an attempt is given up, in place of 20. */
const impatience = 3;

export class Relay {
  readonly layout: Layout;
  readonly client: Client;
  readonly #address: string;
  worker: StoppableWorker;
  #before: StoppableWorker | null = null;

  static async open(out: string): Promise<Relay> {
    const { address } = await ensureServer({ out });
    return new Relay(
      layoutOf(out),
      address,
      new Client({ connection: await Connection.connect({ address }) }),
      await StoppableWorker.begin(layoutOf(out), address),
    );
  }

  private constructor(layout: Layout, address: string, client: Client, worker: StoppableWorker) {
    [this.layout, this.#address, this.client, this.worker] = [layout, address, client, worker];
  }

  async start(id: string): Promise<void> {
    const request = smallRequest(id);
    await writeRequest(this.layout.out, { request, address: null });
    await startWorkflow(this.client, request);
  }

  async result(id: string): Promise<void> {
    await this.client.workflow.getHandle(id).result();
  }

  /** Returns the worker that was there. */
  async handOver(): Promise<StoppableWorker> {
    const before = this.worker;
    this.#before = before;
    this.worker = await StoppableWorker.begin(this.layout, this.#address);
    return before;
  }

  /** The server loses patience with the attempts under way sooner than it otherwise would, with theirs alone.
   *  Returns how many those were. */
  async hurry(id: string): Promise<number> {
    const pending = (
      await Promise.all([id, `${id}/contrast`].map((workflowId) => this.#pendingIn(workflowId)))
    ).flat();
    const hurried = await Promise.all(
      pending.map(async ({ workflowId, activityId }) => {
        const heartbeatTimeout = { seconds: impatience as never };
        if (
          !(await this.#update(workflowId, activityId, {
            activityOptions: { heartbeatTimeout },
            updateMask: { paths: ['heartbeat_timeout'] },
          }))
        )
          return false;
        while (
          (await this.#pendingIn(workflowId)).some(
            (activity) => activity.activityId === activityId && activity.attempt === 1,
          )
        )
          await sleep(100);
        return this.#update(workflowId, activityId, { restoreOriginal: true });
      }),
    );
    return hurried.filter(Boolean).length;
  }

  async #pendingIn(
    workflowId: string,
  ): Promise<{ workflowId: string; activityId: string; attempt: number }[]> {
    const found = await this.client.workflow
      .getHandle(workflowId)
      .describe()
      .catch(() => null);
    return (found?.raw.pendingActivities ?? []).map(({ activityId, attempt }) => ({
      workflowId,
      activityId: activityId!,
      attempt: attempt ?? 1,
    }));
  }

  /** Whether it was still pending. */
  #update(
    workflowId: string,
    id: string,
    changes: Parameters<Client['workflowService']['updateActivityOptions']>[0],
  ): Promise<boolean> {
    return this.client.workflowService
      .updateActivityOptions({ namespace: 'default', execution: { workflowId }, id, ...changes })
      .then(
        () => true,
        () => false,
      );
  }

  /** Files and folders that attempts under way have of their own. */
  inUse(id: string): string[] {
    const { scratch, claims, objects, out } = this.layout;
    const names = (folder: string): string[] => {
      try {
        return readdirSync(folder).map((name) => join(folder, name));
      } catch {
        return [];
      }
    };
    return [
      ...names(scratch),
      ...names(claims),
      ...names(join(objects, '.incoming')),
      ...[id, `${id}/history`]
        .flatMap((folder) => names(join(out, folder)))
        .filter((path) => /\/\.[^/]+$/.test(path)),
    ];
  }

  async close(): Promise<void> {
    this.#before?.kill();
    this.worker.kill();
    await (this.client.connection as Connection).close();
    await stopServer(this.layout.out);
  }
}
