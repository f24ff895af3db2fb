/** A worker in a process of its own: `worker/main.ts --out DIR --address HOST:PORT [--namespace NAME]
 *  [--profile NAME] [--anonymous] [--queue workflows|train|evaluate]... [--own ID] [--exit-when-idle]
 *  [--echo-log]`. */
import { inspect, parseArgs } from 'node:util';
import { readClientConfig } from '../temporal/client-config.ts';
import { withoutSecrets } from '../temporal/secrets.ts';
import { queueKinds, type QueueKind } from './queue-kinds.ts';
import { exitWhenFatal, fatalMark, fatalSentence } from './fatal-sentence.ts';

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    address: { type: 'string' },
    namespace: { type: 'string', default: 'default' },
    profile: { type: 'string' },
    // no credentials, whatever environment and configuration file hold
    anonymous: { type: 'boolean', default: false },
    queue: { type: 'string', multiple: true, default: [...queueKinds] },
    own: { type: 'string' },
    'exit-when-idle': { type: 'boolean', default: false },
    'echo-log': { type: 'boolean', default: false },
  },
});
const { out, address, namespace, profile, anonymous, own } = values;
if (out === undefined || address === undefined) throw new Error('A worker needs --out and --address.');

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort(signal));
// a limit on file sizes (ulimit -f) is an error of the one write then, and not the end of the process
process.on('SIGXFSZ', () => {});
process.on('disconnect', () => stop.abort('the process that started it is gone'));

try {
  const { runWorker } = await import('./run-worker.ts');
  process.send?.({ loaded: true });
  await runWorker({
    out,
    address,
    namespace,
    credentials: anonymous ? null : readClientConfig(profile).credentials,
    queues: values.queue as QueueKind[],
    ...(own !== undefined && { own }),
    signal: stop.signal,
    exitWhenIdle: values['exit-when-idle'],
    echoLog: values['echo-log'],
  });
  process.exit(0);
} catch (error) {
  const fatal = await fatalSentence(error);
  if (fatal === null) console.error(withoutSecrets(inspect(error)));
  else if (process.send) await new Promise((sent) => process.send!({ fatal: withoutSecrets(fatal) }, sent));
  else console.error(withoutSecrets(`${fatalMark}${fatal}`));
  process.exit(fatal === null ? 1 : exitWhenFatal);
}
