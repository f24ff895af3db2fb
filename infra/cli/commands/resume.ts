import { Option, type Command } from 'commander';
import type { StoredRequest } from '../../../activities/contracts/run.ts';
import type { ServerFlags } from '../../temporal/choose-server.ts';
import { layoutOf } from '../../store/layout.ts';
import { overrideRequest } from '../../client/runs/override-request.ts';
import { attend } from '../attend/attend.ts';
import { attendWithEvents } from '../attend/attend-with-events.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { openConnection, type ServerConnection } from '../../client/server/server-connection.ts';
import { invocation } from '../../base/invocation.ts';
import { addServerOptions, collect, jsonOption, outOption, readUpdate } from '../arguments/options.ts';
import { printEnd } from '../attend/print-end.ts';
import { resumeRun } from '../../client/runs/resume-run.ts';
import {
  findRun,
  readRecord,
  readRequest,
  writeRequest,
  type StoredRecord,
} from '../../client/records/run-records.ts';
import { untilIn } from '../../client/runs/run-request.ts';
import { withCommandsBefore } from '../../client/runs/commands-before.ts';
import { isOpen } from '../../client/server/workflow-state.ts';

const examples = `
Examples:
  ${invocation} resume latest
  ${invocation} resume eight-gaussians-s1-20261123 --repair
  ${invocation} resume latest --set contrast.flow.learningRate=1e-4
  ${invocation} resume eight-gaussians-s1-20261123
  ${invocation} resume latest --until end`;

interface ResumeOptions extends ServerFlags {
  readonly out: string;
  readonly repair?: true;
  readonly until?: Until;
  readonly set?: readonly string[];
  readonly json?: true;
}
type Until = number | 'end';

export function addResumeCommand(program: Command): void {
  addServerOptions(
    program
      .command('resume')
      .description('Go on with a run that was interrupted, failed or cancelled, from its last artifacts.')
      .argument('<run>', 'id of a run, its unambiguous beginning, or latest')
      .addOption(
        new Option(
          '--until <update>',
          'of a run begun with --until: go on to this update, or to the `end`',
        ).argParser(readUntil),
      )
      .option(
        '--repair',
        'also where it was completed: what `verify` calls missing or damaged is computed anew, its '
          + 'files are written again',
      )
      .option(
        '--set <path=value>',
        'of a run whose pretraining or contrast gave up: change a setting of that training, and go '
          + 'on from its last good checkpoint; may be repeated',
        collect,
      )
      .addOption(outOption()),
  )
    .addOption(jsonOption('print one JSON object a line while the run goes on'))
    .addHelpText('after', examples)
    .action(resume);
}

const readUntil = (text: string): Until => (text === 'end' ? text : readUpdate(text));

async function resume(name: string, options: ResumeOptions): Promise<void> {
  const { out, repair, until, set, json } = options;
  const id = await findRun(out, name);
  const record = await readRecord(out, id);
  if (repair || set || !(await isThere(out, record, until))) await goOn(id, options, record);
  else if (json) await attendWithEvents(null, out, id);
  if (!json) await printEnd(out, id);
}

/** Whether it is completed, and as far as it is to go. Throws CliError. */
async function isThere(out: string, record: StoredRecord | null, until: Until | undefined): Promise<boolean> {
  if (record?.status !== 'completed') return false;
  if (until === undefined) return true;
  const stored = await readRequest(out, record.id);
  return (
    stored !== null && !record.withoutBaselines && extended(stored, until).request.until === record.until
  );
}

async function goOn(
  id: string,
  { out, repair, until, set, json, ...flags }: ResumeOptions,
  record: StoredRecord | null,
): Promise<void> {
  const stored = await readRequest(out, id);
  if (!stored)
    throw new CounterflowError(
      exitCodes.failed,
      `Expected request.json in the folder of ${id}, found none; start the run again.`,
    );
  const amended = set ? { ...stored, request: overrideRequest(stored.request, record, set) } : stored;
  const further = until === undefined ? amended : extended(amended, until);
  const connection = await openConnection(out, flags, stored);
  try {
    const say = (line: string): void => void (json ? process.stderr : process.stdout).write(`${line}\n`);
    // another command line may have gone on with it meanwhile
    if (
      !repair
      && !set
      && record?.status !== 'completed'
      && (await isThere(out, await readRecord(out, id), until))
    ) {
      say(`${id} has just been completed.`);
      return json ? await attendWithEvents(null, out, id) : undefined;
    }
    if (further !== stored) await keep(connection, out, further);
    const reached = record?.trainings?.contrast?.updates ?? 0;
    if (typeof until === 'number' && until < reached)
      say(
        `Its contrast has reached update ${reached}: it goes back to the first checkpoint from `
          + `${until} on, and finds the rest again when it goes further.`,
      );
    say(
      await resumeRun(connection.client, {
        ...further.request,
        ...withCommandsBefore(record, further.request),
      }),
    );
    const before = record?.decisions ?? [];
    await (json
      ? attendWithEvents(connection, out, id, before)
      : attend(connection, layoutOf(out), id, before));
  } finally {
    await connection.close();
  }
}

/** Throws CliError. */
function extended(
  { request: { until: _, withoutBaselines: __, ...whole }, address, namespace, profile }: StoredRequest,
  to: Until,
): StoredRequest {
  const request = { ...whole, ...untilIn(whole.config, to === 'end' ? undefined : to) };
  return {
    request,
    address,
    ...(namespace !== undefined && { namespace }),
    ...(profile !== undefined && { profile }),
  };
}

/** Throws CliError where the run is under way: it has its own. */
async function keep({ client }: ServerConnection, out: string, stored: StoredRequest): Promise<void> {
  const { runId } = stored.request;
  if (await isOpen(client, runId))
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected --until and --set with a run that has ended, but ${runId} is under way; leave them `
        + 'out to go on with it.',
    );
  await writeRequest(out, stored);
}
