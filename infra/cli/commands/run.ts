import type { Command } from 'commander';
import { exitCodes } from '../../base/exit-codes.ts';
import { invocation } from '../../base/invocation.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { Counterflow } from '../../client/client.ts';
import type { RunHandle } from '../../client/run-handle.ts';
import { now } from '../../client/runs/events.ts';
import { requestOf, type RequestOptions } from '../../client/runs/run-request.ts';
import type { Beginning } from '../../client/runs/start-run.ts';
import type { ServerFlags } from '../../temporal/choose-server.ts';
import { addServerOptions, jsonOption, outOption, readPrice, readRunId } from '../arguments/options.ts';
import { addRequestOptions, addUntilOption, experimentsHelp } from '../arguments/request-options.ts';
import { attendRun } from '../attend/attend-run.ts';
import { estimateRun } from '../attend/estimate-run.ts';
import { printEnd } from '../attend/print-end.ts';
import { printEvent } from '../attend/print-events.ts';
import { say } from '../attend/say.ts';

interface RunOptions extends RequestOptions, ServerFlags {
  readonly out: string;
  readonly detach?: true;
  readonly json?: boolean;
  readonly estimate?: true;
  readonly pricePerHour?: number;
}

export function addRunCommand(program: Command): void {
  addServerOptions(
    addUntilOption(
      addRequestOptions(
        program
          .command('run')
          .description('Run an experiment from data to report.')
          .argument('<name>', 'name of an experiment, or a file with one, see below'),
      ).option(
        '--id <id>',
        'name of the run; one that was begun with the same request is joined, or gone on with, and '
          + 'not computed twice',
        readRunId,
      ),
    )
      .addOption(outOption())
      .option('--detach', 'leave the run to a worker in the background, print its id and return'),
  )
    .option(
      '--estimate',
      'measure a few updates of each training, say what time, memory and disk the run would take, '
        + 'and begin nothing',
    )
    .option('--price-per-hour <n>', 'of this machine: an estimate then has its cost', readPrice)
    .addOption(jsonOption('print one JSON object a line while the run goes on'))
    .addHelpText('after', help())
    .action(run);
}

function help(): string {
  return `
${experimentsHelp()}

Examples:
  ${invocation} run eight-gaussians
  ${invocation} run eight-gaussians --seed 2 --set contrast.updates=2000 --set contrast.ebm.learningRate=5e-4
  ${invocation} run eight-gaussians --scale 0.1
  ${invocation} run ./my-experiment.ts
  ${invocation} run spiral --set contrast.turn='{"kind":"ratio","ebm":5,"flow":1}' --set baselines.nceMatched=null
  ${invocation} run cifar10-quick --data-dir data/cifar10 --features resnet20.onnx --set dataset.allowPartial=true
  ${invocation} run cifar10 --data-dir data/cifar10 --estimate --price-per-hour 2.5
  ${invocation} run eight-gaussians --id nightly-2026-11-27

On a server that is not the embedded one, --detach only starts the workflow: \`${invocation} worker\` works on it, here or elsewhere.`;
}

async function run(name: string, options: RunOptions): Promise<void> {
  const { out, detach, json = false } = options;
  if (options.estimate && detach)
    throw new CounterflowError(
      exitCodes.badInput,
      'Expected --estimate or --detach, got both: an estimate begins no run that could be left.',
    );
  const asked = await requestOf(name, options);
  if (options.estimate) return estimateRun(asked, options);
  const counterflow = await Counterflow.connect({ ...options, runs: out, say });
  let isLeft = false;
  try {
    const started = await counterflow.startRequest(asked, options.id !== undefined);
    if (detach) await leave(started, json);
    else await stay(started, asked.title, out, json);
    isLeft = detach ?? false;
  } finally {
    await (isLeft ? counterflow.leave() : counterflow.close());
  }
}

async function stay(started: RunHandle, title: string, out: string, json: boolean): Promise<void> {
  if (!json) process.stdout.write(`${title}: ${started.id}${sentences[started.beginning!]}\n`);
  await attendRun(started, json);
  if (!json) await printEnd(out, started.id);
}

const sentences: Readonly<Record<Beginning, string>> = {
  begun: '',
  joined: ', which goes on',
  resumed: ', which starts again from its artifacts',
  completed: ', which was completed before',
};

async function leave(started: RunHandle, json: boolean): Promise<void> {
  const note = await started.detach();
  // not on standard output: who detaches reads the id there
  if (note !== null) say(note);
  if (json) printEvent({ event: 'begun', at: now(), run: started.id });
  else process.stdout.write(`${started.id}\n`);
}
