/** A worker in a process of its own: `worker-main.ts --out DIR --address HOST:PORT [--namespace NAME] [--queue workflows|train|evaluate]... [--exit-when-idle] [--echo-log]`. */
import { parseArgs } from 'node:util';
import { queueKinds, type QueueKind } from './temporal/queue-kinds.ts';
import { runWorker } from './worker.ts';

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    address: { type: 'string' },
    namespace: { type: 'string', default: 'default' },
    queue: { type: 'string', multiple: true, default: [...queueKinds] },
    'exit-when-idle': { type: 'boolean', default: false },
    'echo-log': { type: 'boolean', default: false },
  },
});
if (values.out === undefined || values.address === undefined) throw new Error('A worker needs --out and --address.');

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort(signal));
process.on('disconnect', () => stop.abort('the process that started it is gone'));

try {
  await runWorker({
    out: values.out, address: values.address, namespace: values.namespace, queues: values.queue as QueueKind[],
    signal: stop.signal, exitWhenIdle: values['exit-when-idle'], echoLog: values['echo-log'],
  });
  process.exit(0);
} catch (error) {
  console.error(error);
  process.exit(1);
}
