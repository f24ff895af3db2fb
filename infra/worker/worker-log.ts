/** A worker's words go to `<out>/.logs/worker.log`; to its terminal too where that belongs to it and not to a
 *  run's progress. */
import { appendFileSync } from 'node:fs';
import { DefaultLogger, makeTelemetryFilterString, Runtime, type Logger } from '@temporalio/worker';
import { makeFolder } from '../../activities/disk/make-folder.ts';
import { withStorageErrors } from '../../activities/disk/storage-errors.ts';
import type { Layout } from '../store/layout.ts';
import { withoutSecrets } from '../temporal/secrets.ts';

/** Once in a process, before its first worker. What a user must know (`say` beside the message) goes to the
 *  command line that has started it, too. */
export async function installWorkerLog(layout: Layout, echo = false): Promise<Logger> {
  await withStorageErrors(layout.workerLog, () => makeFolder(layout.logs));
  const logger = new DefaultLogger('INFO', ({ level, timestampNanos, message, meta }) => {
    const at = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
    const details = meta === undefined ? '' : ` ${JSON.stringify(meta, describe)}`;
    const line = withoutSecrets(`${at} ${process.pid} ${level} ${message}${details}\n`);
    if (echo) process.stdout.write(line);
    append(layout.workerLog, line);
    if (meta?.['say']) process.send?.({ say: withoutSecrets(message) });
  });
  Runtime.install({
    logger,
    shutdownSignals: [],
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} },
    },
  });
  return logger;
}

/** A line less is no reason to end; the disk may be full. */
function append(file: string, line: string): void {
  try {
    appendFileSync(file, line);
  } catch {
    /* it goes to the terminal, where there is one */
  }
}

function describe(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Error ? (value.stack ?? value.message) : value;
}
