import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { InvalidArgumentError, type Command } from 'commander';
import { layoutOf } from '../../store/layout.ts';
import type { ServerFlags } from '../../temporal/choose-server.ts';
import { queueKinds, type QueueKind } from '../../worker/queue-kinds.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { now } from '../../client/runs/events.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { fatalEnd } from '../../setup/unloadable.mjs';
import { openConnection } from '../../client/server/server-connection.ts';
import { invocation } from '../../base/invocation.ts';
import { nearest } from '../../base/nearest.ts';
import { say } from '../attend/say.ts';
import { addServerOptions, jsonOption, outOption } from '../arguments/options.ts';
import { workerCommandLine, type WorkerMessage } from '../../worker/supervise-worker.ts';

const help = `
What there is to serve:
  workflows  runs and schedules themselves, and what is light: preparing data, exporting, recording, reporting
  train      segments of trainings; a worker takes one while it has cores for it, so that they spread over the workers that there are
  evaluate   evaluations

A worker finds the Temporal server as every command does: by flags, environment or Temporal's configuration file. Workers on several machines share the folder of runs: --out is one folder to all of them. Every queue needs a worker.

Examples:
  ${invocation} worker
  ${invocation} worker --queues train --address temporal.example.org:7233 --out /shared/runs`;

interface Options extends ServerFlags {
  readonly out: string;
  readonly queues?: readonly QueueKind[];
  readonly json?: true;
}

export function addWorkerCommand(program: Command): void {
  addServerOptions(
    program
      .command('worker')
      .description('Work on runs in the foreground, until Ctrl-C.')
      .addOption(outOption()),
  )
    .option(
      '--queues <kinds>',
      'serve only these, separated by commas: workflows, train, evaluate',
      readQueues,
    )
    .addOption(
      jsonOption(
        'print one JSON object a line: that it has begun, and that it has ended; its log goes to '
          + 'standard error',
      ),
    )
    .addHelpText('after', help)
    .action(work);
}

async function work({ out, queues = queueKinds, json, ...flags }: Options): Promise<void> {
  // its worker says itself whether it runs workflows
  const connection = await openConnection(out, flags, null, { tends: false, say });
  const tell = (event: 'begun' | 'ended'): void => {
    if (json)
      process.stdout.write(
        `${JSON.stringify({ event, at: now(), address: connection.server.address, namespace: connection.server.namespace, queues })}\n`,
      );
  };
  const worker = spawn(
    process.execPath,
    [...workerCommandLine(layoutOf(out), connection.server, queues), '--echo-log'],
    { detached: true, stdio: ['ignore', json ? 2 : 'inherit', 'inherit', 'ipc'] },
  );
  let [fatal, isLoaded] = [null as string | null, false];
  worker.on('message', (message: WorkerMessage) => {
    fatal ??= message.fatal ?? null;
    if (message.loaded) tell('begun');
    isLoaded ||= message.loaded === true;
  });
  const stop = (): void => void worker.kill('SIGTERM');
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    const [code, signal] = (await once(worker, 'exit')) as [number | null, string | null];
    tell('ended');
    if (!isLoaded) fatal ??= fatalEnd(signal);
    if (fatal !== null) throw new CounterflowError(exitCodes.environment, fatal);
    if (code !== 0)
      throw new CounterflowError(exitCodes.failed, `The worker ended with ${signal ?? `exit code ${code}`}.`);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await connection.close();
  }
}

function readQueues(text: string): QueueKind[] {
  return [...new Set(text.split(',').map((name) => name.trim()))].map((name) => {
    const kind = queueKinds.find((known) => known === name);
    if (kind !== undefined) return kind;
    const guess = nearest(name, queueKinds);
    throw new InvalidArgumentError(
      `Expected some of ${queueKinds.join(', ')}, separated by commas, got `
        + `${JSON.stringify(name)}${guess ? `; did you mean ${guess}?` : '.'}`,
    );
  });
}
