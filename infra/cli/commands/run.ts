import type { Command } from 'commander';
import type { RunRequest } from '../../../activities/contracts.ts';
import { layoutOf } from '../../layout.ts';
import { attend } from '../attend.ts';
import { attendWithEvents } from '../attend-with-events.ts';
import { openGround, type Ground } from '../ground.ts';
import { addressOption, jsonOption, outOption } from '../options.ts';
import { printEnd } from '../print-end.ts';
import { removeRun, writeRequest } from '../run-files.ts';
import { addRequestOptions, addUntilOption, experimentsHelp, requestOf, type RequestOptions } from '../run-request.ts';
import { startWorkflow } from '../start-workflow.ts';
import { detachWorker } from '../worker-supervisor.ts';

interface RunOptions extends RequestOptions {
  readonly out: string;
  readonly detach?: true;
  readonly json?: true;
  readonly address?: string;
}

export function addRunCommand(program: Command): void {
  addUntilOption(addRequestOptions(program.command('run')
    .description('Run an experiment from data to report.')
    .argument('<name>', 'name of an experiment, see below')))
    .addOption(outOption())
    .option('--detach', 'leave the run to a worker in the background, print its id and return')
    .addOption(addressOption())
    .addOption(jsonOption('print one JSON object a line while the run goes on'))
    .addHelpText('after', help())
    .action(run);
}

function help(): string {
  return `
${experimentsHelp()}

Examples:
  counterflow run eight-gaussians
  counterflow run eight-gaussians --seed 2 --set contrast.updates=2000 --set contrast.ebm.learningRate=5e-4
  counterflow run spiral --set contrast.turn='{"kind":"ratio","ebm":5,"flow":1}' --set baselines.nceMatched=null
  counterflow run cifar10-quick --data-dir data/cifar10 --features resnet20.onnx --set dataset.allowPartial=true

With --address and --detach the workflow is only started: workers run elsewhere.`;
}

async function run(name: string, options: RunOptions): Promise<void> {
  const request = await requestOf(name, options);
  const ground = await openGround(options.out, options.address);
  try {
    await begin(ground, request, options);
    if (options.detach) return await detach(ground, request, options);
    if (options.json) return await attendWithEvents(ground, options.out, request.runId);
    process.stdout.write(`${request.title}: ${request.runId}\n`);
    await attend(ground, layoutOf(options.out), request.runId);
    await printEnd(options.out, request.runId);
  } finally {
    await (options.detach ? ground.leave() : ground.close());
  }
}

async function begin({ client }: Ground, request: RunRequest, { out, address }: RunOptions): Promise<void> {
  await writeRequest(out, { request, address: address ?? null });
  try {
    await startWorkflow(client, request);
  } catch (error) {
    await removeRun(out, request.runId);
    throw error;
  }
}

async function detach(ground: Ground, { runId }: RunRequest, { out, address }: RunOptions): Promise<void> {
  if (address === undefined) await detachWorker(layoutOf(out), ground.address);
  process.stdout.write(`${runId}\n`);
}
