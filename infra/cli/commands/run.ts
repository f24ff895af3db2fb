import type { Command } from 'commander';
import type { Decision } from '../../../activities/contracts/decision.ts';
import type { RunRequest } from '../../../activities/contracts/run.ts';
import type { ServerFlags } from '../../temporal/choose-server.ts';
import { layoutOf } from '../../store/layout.ts';
import { attend } from '../attend/attend.ts';
import { attendWithEvents } from '../attend/attend-with-events.ts';
import { startRun, type Beginning } from '../../client/runs/start-run.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { sayConfigNotes } from '../../client/runs/config-notes.ts';
import { earlierRequest, claimRunId, type Entered } from '../../client/runs/claim-run-id.ts';
import { estimateRun } from '../attend/estimate-run.ts';
import { planOf } from '../../client/estimate/plan.ts';
import { requireRoom } from '../../client/estimate/require-space.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import {
  openConnection,
  serverFor,
  storedIn,
  type ServerConnection,
} from '../../client/server/server-connection.ts';
import { invocation } from '../../base/invocation.ts';
import { addServerOptions, jsonOption, outOption, readPrice, readRunId } from '../arguments/options.ts';
import { printEnd } from '../attend/print-end.ts';
import { now } from '../../client/runs/events.ts';
import { printEvent } from '../attend/print-events.ts';
import { resumeFromArtifacts } from '../../client/runs/resume-run.ts';
import { replaceWhereCodeDiffers } from '../../client/runs/replace-execution.ts';
import { readRecord, removeRun } from '../../client/records/run-records.ts';
import { requestOf, type RequestOptions } from '../../client/runs/run-request.ts';
import { addRequestOptions, addUntilOption, experimentsHelp } from '../arguments/request-options.ts';
import { detachWorker } from '../../worker/supervise-worker.ts';

interface RunOptions extends RequestOptions, ServerFlags {
  readonly out: string;
  readonly detach?: true;
  readonly json?: true;
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
          .argument('<name>', 'name of an experiment, see below'),
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
  ${invocation} run spiral --set contrast.turn='{"kind":"ratio","ebm":5,"flow":1}' --set baselines.nceMatched=null
  ${invocation} run cifar10-quick --data-dir data/cifar10 --features resnet20.onnx --set dataset.allowPartial=true
  ${invocation} run cifar10 --data-dir data/cifar10 --estimate --price-per-hour 2.5
  ${invocation} run eight-gaussians --id nightly-2026-11-27

On a server that is not the embedded one, --detach only starts the workflow: \`${invocation} worker\` works on it, here or elsewhere.`;
}

async function run(name: string, options: RunOptions): Promise<void> {
  const { out, detach } = options;
  if (options.estimate && detach)
    throw new CounterflowError(
      exitCodes.badInput,
      'Expected --estimate or --detach, got both: an estimate begins no run that could be left.',
    );
  const asked = await requestOf(name, options);
  if (options.estimate) return estimateRun(asked, options);
  sayConfigNotes(asked.config);
  const earlier = await earlierRequest(out, asked);
  const record = earlier && (await readRecord(out, asked.runId));
  if (record?.status === 'completed') return stay(null, asked, options, 'completed', []);
  // on a server elsewhere nobody knows what its workers have; what was begun may have most of it behind it
  if (!earlier && serverFor(options).server === null) await requireRoom(await planOf(asked), out);
  const connection = await openConnection(out, options, earlier);
  let { close } = connection;
  try {
    const entered = await claimRunId(out, { request: asked, ...storedIn(connection) });
    const beginning = await begin(connection, entered, options);
    await (detach
      ? leave(connection, asked, options, beginning)
      : stay(connection, asked, options, beginning, record?.decisions ?? []));
    if (detach) close = connection.leave;
  } finally {
    await close();
  }
}

async function begin(
  { client }: ServerConnection,
  entered: Entered,
  { out, id }: RunOptions,
): Promise<Beginning> {
  try {
    return await startRun(client, out, entered);
  } catch (error) {
    // another may have begun a run of an id that was given
    if (entered.isFirst && id === undefined) await removeRun(out, entered.stored.request.runId);
    throw error;
  }
}

/** `connection`: null where the run is completed; `before`: decisions of its record before. */
async function stay(
  connection: ServerConnection | null,
  { runId, title }: RunRequest,
  { out, json }: RunOptions,
  beginning: Beginning,
  before: readonly Decision[],
): Promise<void> {
  const attended = beginning === 'completed' ? null : connection;
  if (json) return attendWithEvents(attended, out, runId, before);
  process.stdout.write(`${title}: ${runId}${sentences[beginning]}\n`);
  if (attended) await attend(attended, layoutOf(out), runId, before);
  await printEnd(out, runId);
}

const sentences: Readonly<Record<Beginning, string>> = {
  begun: '',
  joined: ', which goes on',
  resumed: ', which starts again from its artifacts',
  completed: ', which was completed before',
};

async function leave(
  connection: ServerConnection,
  { runId }: RunRequest,
  { out, json }: RunOptions,
  beginning: Beginning,
): Promise<void> {
  if (connection.isEmbedded && beginning !== 'completed')
    await detachWorker(layoutOf(out), connection.server, { evenBesideOthers: beginning === 'begun' });
  const replaced =
    beginning === 'joined'
      ? await replaceWhereCodeDiffers(connection.client, runId, () =>
          resumeFromArtifacts(connection.client, out, runId),
        )
      : null;
  // not on standard output: who detaches reads the id there
  if (replaced !== null) process.stderr.write(`${replaced}\n`);
  if (json) printEvent({ event: 'begun', at: now(), run: runId });
  else process.stdout.write(`${runId}\n`);
}
