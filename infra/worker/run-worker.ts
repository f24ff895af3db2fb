/** Runs workflows and activities until it is asked to stop. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import { NativeConnection, type Logger, type Worker } from '@temporalio/worker';
import { createPorts, type LocalPorts } from './create-ports.ts';
import { layoutOf } from '../store/layout.ts';
import { createWorkers, type WorkerCode } from './create-workers.ts';
import { historyExporter } from './export-histories.ts';
import { stopServer, useServer } from '../temporal/dev-server.ts';
import { keepServer } from '../temporal/keep-server.ts';
import { othersTeller } from '../temporal/others-open.ts';
import { queueKinds, type QueueKind } from './queue-kinds.ts';
import { attendedSince } from '../temporal/server-record.ts';
import { workerOptions, type Credentials } from '../temporal/server.ts';
import { untilIdle, type IdleRule } from './until-idle.ts';
import { installWorkerLog } from './worker-log.ts';

export interface RunWorkerOptions {
  readonly out: string;
  readonly address: string;
  readonly namespace?: string;
  readonly credentials?: Credentials | null;
  /** All of them if nothing is said. */
  readonly queues?: readonly QueueKind[];
  /** Id of the run or sweep that it was started for, of which it says nothing. */
  readonly own?: string;
  readonly signal: AbortSignal;
  /** Ends by itself, and with it a server nobody else uses, when no run is open any more. */
  readonly exitWhenIdle?: boolean;
  /** Log lines go to the terminal too. */
  readonly echoLog?: boolean;
  readonly idle?: Partial<IdleRule>;
  readonly code?: WorkerCode;
}

const exportEveryMs = 5000;

/** Throws what ends a worker against its will, after its compute processes are gone. */
export async function runWorker(options: RunWorkerOptions): Promise<void> {
  const layout = layoutOf(options.out);
  const logger = await installWorkerLog(layout, options.echoLog);
  const created = createPorts(layout);
  const isOwnServer = await useServer(layout.out, options.address, runsWorkflows(options));
  // workers of a server elsewhere may be on other machines, and nobody here knows of them
  const ports = isOwnServer ? { ...created, attendedSince: await attendedSince(layout) } : created;
  logger.info('worker starts', {
    address: options.address,
    out: layout.out,
    queues: options.queues ?? queueKinds,
  });
  try {
    await ports.store.sweep();
    await (isOwnServer
      ? keepingServer(options, logger, (signal) => work({ ...options, signal }, ports, logger))
      : work(options, ports, logger));
  } finally {
    await ports.compute.close();
    if (isOwnServer) await stopServer(layout.out);
    logger.info('worker ended');
  }
}

/** Works beside a look after the server; where that fails, so does the work. */
async function keepingServer(
  options: RunWorkerOptions,
  logger: Logger,
  run: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const over = new AbortController();
  const lost = new AbortController();
  const keeping = keepServer({ ...options, tends: runsWorkflows(options) }, over.signal, (line) =>
    logger.warn(line, { say: true }),
  ).catch((error: unknown) => lost.abort(error));
  const failure = await run(AbortSignal.any([options.signal, lost.signal])).then(
    () => null,
    (error: unknown) => ({ error }),
  );
  over.abort();
  await keeping;
  // a server that is gone for good is the reason of whatever else went wrong
  if (lost.signal.aborted) throw lost.signal.reason;
  if (failure) throw failure.error;
}

async function work(options: RunWorkerOptions, ports: LocalPorts, logger: Logger): Promise<void> {
  const connection = await NativeConnection.connect(
    workerOptions({ address: options.address, credentials: options.credentials ?? null }),
  );
  try {
    const { namespace = 'default', queues = queueKinds, code } = options;
    const workers = await createWorkers({ connection, namespace, queues, code, ports, logger });
    await exporting(options, connection, logger, () =>
      runUntil(workers, (ended) => stopReason(options, connection, ended), logger),
    );
  } finally {
    // where one of the workers could not be made, the others still hold it: that is not the reason to tell
    await connection
      .close()
      .catch((error: unknown) => logger.warn('the connection was not closed', { error }));
  }
}

const runsWorkflows = ({ queues = queueKinds }: RunWorkerOptions): boolean => queues.includes('workflows');

/** Exports histories while `work` goes on, and at its end: what follows a run's end is often the worker's.
 *  Says beside what else is worked on. */
async function exporting(
  options: RunWorkerOptions,
  connection: NativeConnection,
  logger: Logger,
  run: () => Promise<void>,
): Promise<void> {
  if (!runsWorkflows(options)) return run();
  const { namespace = 'default' } = options;
  const client = new Client({ connection, namespace });
  const look = historyExporter(client, layoutOf(options.out));
  const tellOthers = othersTeller(client, options.own ?? null, (line) => logger.info(line, { say: true }));
  const tryToLook = (): Promise<void> =>
    look().catch((error: unknown) => logger.warn('histories could not be exported yet', { error }));
  const over = new AbortController();
  const looking = untilAborted(over.signal, async () => {
    await tellOthers();
    await tryToLook();
  });
  try {
    await run();
  } finally {
    over.abort();
    await looking;
    await tryToLook();
  }
}

async function untilAborted(signal: AbortSignal, act: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await act();
    await sleep(exportEveryMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Runs the workers until there is a reason to stop, or one of them fails; all of them end either way. */
async function runUntil(
  workers: readonly Worker[],
  reason: (ended: AbortSignal) => Promise<string>,
  logger: Logger,
): Promise<void> {
  const ended = new AbortController();
  const stop = () =>
    workers.filter((worker) => worker.getState() === 'RUNNING').forEach((worker) => worker.shutdown());
  const running = workers.map((worker) => worker.run().finally(stop));
  void reason(ended.signal).then(
    (why) => {
      logger.info('worker stops', { why });
      stop();
    },
    () => undefined,
  );
  const results = await Promise.allSettled(running);
  ended.abort();
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

async function stopReason(
  { signal, namespace = 'default', exitWhenIdle = false, idle }: RunWorkerOptions,
  connection: NativeConnection,
  ended: AbortSignal,
): Promise<string> {
  const either = AbortSignal.any([signal, ended]);
  const aborted = new Promise<string>((resolve) => {
    if (either.aborted) resolve(String(either.reason));
    either.addEventListener('abort', () => resolve(String(either.reason)), { once: true });
  });
  if (!exitWhenIdle) return aborted;
  return Promise.race([
    aborted,
    untilIdle(connection, namespace, either, idle).then(
      () => 'no run is open',
      () => aborted,
    ),
  ]);
}
