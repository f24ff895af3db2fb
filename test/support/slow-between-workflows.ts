/** Interceptors of workflows: a run learns late that a training has begun, and what it tells the training is
 *  long on its way. A busy server is as slow. */
import { sleep, type WorkflowInterceptorsFactory } from '@temporalio/workflow';
import { commandSignal } from '../../workflows/training/commands.ts';

/** Milliseconds: in that time a test sends messages, and a training with pretend activities ends. */
const onItsWay = 5000;

export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [
    {
      async startChildWorkflowExecution(input, next) {
        const [started, ended] = await next(input);
        return [
          started.then(async (runId) => {
            await sleep(onItsWay);
            return runId;
          }),
          ended,
        ];
      },
      async signalWorkflow(input, next) {
        if (input.signalName === commandSignal.name) await sleep(onItsWay);
        return next(input);
      },
    },
  ],
});
