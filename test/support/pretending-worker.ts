/** A worker with pretend activities: `pretending-worker.ts <out> <address> [idle | stay] [queue] [own]`.
 *  `own`: the run that it was started for. Trainings of runs called `fails...` diverge, those of `holds...`
 *  end only when they are cancelled. */
import { Context } from '@temporalio/activity';
import type { QueueKind } from '../../infra/worker/queue-kinds.ts';
import { runWorker } from '../../infra/worker/run-worker.ts';
import { divergence, pretend } from '../workflows/fake-run.ts';

const [out, address, idle, queue = 'all', own] = process.argv.slice(2);
const usual = pretend().activities;
const { activities } = pretend({
  trainSegment: async (request) => {
    const { info, cancellationSignal } = Context.current();
    const { workflowId } = info.workflowExecution!;
    if (workflowId.startsWith('fails')) throw divergence(request);
    while (workflowId.startsWith('holds') && !cancellationSignal.aborted) {
      Context.current().heartbeat();
      await Context.current().sleep(100);
    }
    return usual.trainSegment(request);
  },
});

const stop = new AbortController();
process.on('SIGTERM', () => stop.abort('SIGTERM'));
await runWorker({
  out: out!,
  address: address!,
  signal: stop.signal,
  exitWhenIdle: idle === 'idle',
  idle: { askEveryMs: 200, idleForMs: 1000 },
  ...(queue !== 'all' && { queues: [queue as QueueKind] }),
  ...(own !== undefined && { own }),
  code: { workflows: new URL('./chained-workflow.ts', import.meta.url), activities: () => activities },
});
process.exit(0);
