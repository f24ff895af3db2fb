import type { Command } from 'commander';
import type { RunRequest } from '../../../activities/contracts.ts';
import { experiments } from '../../../workflows/experiments/index.ts';
import { layoutOf } from '../../layout.ts';
import { attend } from '../attend.ts';
import { checkInputs } from '../check-inputs.ts';
import { openGround, type Ground } from '../ground.ts';
import { invocation, shellQuoted } from '../invocation.ts';
import { addressOption, collect, outOption, readSeed } from '../options.ts';
import { printEnd } from '../print-end.ts';
import { findExperiment, resolveConfig } from '../resolve-config.ts';
import { removeRun, writeRequest } from '../run-files.ts';
import { createRunId } from '../run-id.ts';
import { startWorkflow } from '../start-workflow.ts';
import { detachWorker } from '../worker-supervisor.ts';

interface RunOptions {
  readonly set?: readonly string[];
  readonly seed?: number;
  readonly dataDir?: string;
  readonly features?: string;
  readonly fid?: true;
  readonly reference?: string;
  readonly download?: true;
  readonly out: string;
  readonly fresh?: true;
  readonly detach?: true;
  readonly address?: string;
}

export function addRunCommand(program: Command): void {
  program.command('run')
    .description('Run an experiment from data to report.')
    .argument('<name>', 'name of an experiment, see below')
    .option('--set <path=value>', 'change the configuration at a path; the value is JSON or a word; may be repeated', collect)
    .option('--seed <n>', 'seed of everything random', readSeed)
    .option('--data-dir <dir>', 'folder with the data set\'s official files')
    .option('--download', 'get the official files of svhn, cifar10 or mnist that are missing, into --data-dir or the cache')
    .option('--features <file>', 'network in whose features distances of images are taken: ONNX, or PyTorch weights of the FID Inception network (.pth)')
    .option('--fid', 'the FID Inception network with its official weights, downloaded once (96 MB)')
    .option('--reference <file.npz>', 'compare with these statistics too (mu and sigma, as pytorch-fid writes them)')
    .addOption(outOption())
    .option('--fresh', 'reuse no artifact of earlier runs')
    .option('--detach', 'leave the run to a worker in the background, print its id and return')
    .addOption(addressOption())
    .addHelpText('after', help())
    .action(run);
}

function help(): string {
  const width = Math.max(...Object.keys(experiments).map(name => name.length));
  return `
Experiments:
${Object.values(experiments).map(({ name, description }) => `  ${name.padEnd(width)}  ${description}`).join('\n')}

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
    process.stdout.write(`${request.title}: ${request.runId}\n`);
    await attend(ground, layoutOf(options.out), request.runId);
    await printEnd(options.out, request.runId);
  } finally {
    await (options.detach ? ground.leave() : ground.close());
  }
}

/** Everything that can be wrong with the arguments is found here, before anything starts or is written. */
async function requestOf(name: string, options: RunOptions): Promise<RunRequest> {
  const experiment = findExperiment(experiments, name);
  const config = resolveConfig(experiment, { set: options.set ?? [], seed: options.seed });
  const inputs = await checkInputs(config, options);
  return {
    runId: createRunId(experiment.name, config.seed),
    experiment: experiment.name,
    title: experiment.title,
    config,
    ...inputs,
    fresh: options.fresh ?? false,
    startedAt: new Date().toISOString(),
    setupSeconds: Number(process.env['COUNTERFLOW_SETUP_SECONDS'] ?? 0),
    command: [invocation, ...process.argv.slice(2).map(shellQuoted)].join(' '),
  };
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
