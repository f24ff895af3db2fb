/** Sweeps: many runs of one experiment that differ in some settings. */
import type { Command, Option } from 'commander';
import type { ServerFlags } from '../../temporal/choose-server.ts';
import { bestOfSweep } from '../../../activities/sweep/configurations.ts';
import type { Projection, Sweep, SweepRecord } from '../../../activities/sweep/contracts.ts';
import { layoutOf } from '../../store/layout.ts';
import { cancelledText, cancelWorkflow } from '../../client/runs/cancel-run.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { sayConfigNotes } from '../../client/runs/config-notes.ts';
import { colors } from '../lines/colors.ts';
import type { Display } from '../../client/runs/display.ts';
import { createDisplay } from '../attend/display.ts';
import { now } from '../../client/runs/events.ts';
import { printEvent } from '../attend/print-events.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { openConnection, storedIn, type ServerConnection } from '../../client/server/server-connection.ts';
import { invocation } from '../../base/invocation.ts';
import { addServerOptions, jsonOption, outOption, readCount } from '../arguments/options.ts';
import { addRequestOptions, experimentsHelp } from '../arguments/request-options.ts';
import { parseSetting } from '../../client/runs/setting.ts';
import { attendSweep } from '../attend/attend-sweep.ts';
import { idleSweeps } from '../../client/sweeps/idle-sweeps.ts';
import { shownTrials } from '../attend/print-sweep.ts';
import { benchmarkTrials, removeBenchmarks } from '../../client/sweeps/measure-trials.ts';
import { projectionLines } from '../../client/sweeps/projection.ts';
import { resolveSweep, type SweepOptions } from '../../client/sweeps/resolve-sweep.ts';
import { startSweep } from '../../client/sweeps/start-sweep.ts';
import {
  findSweep,
  keepProjection,
  listSweeps,
  removeSweep,
  writeSweep,
} from '../../client/records/sweep-records.ts';
import { sweepHelp } from '../arguments/sweep-help.ts';
import { sweepLines, sweepTable } from '../lines/sweep-lines.ts';
import { withWorker } from '../../client/server/with-worker.ts';
import { detachWorker } from '../../worker/supervise-worker.ts';
import { isOpen } from '../../client/server/workflow-state.ts';

interface Place extends ServerFlags {
  readonly out: string;
}

interface StartOptions extends SweepOptions, Place {
  readonly detach?: true;
  readonly json?: true;
  readonly probe: boolean;
  readonly estimate?: true;
}

export function addSweepCommand(program: Command): void {
  const sweep = addServerOptions(
    addRequestOptions(
      program
        .command('sweep')
        .description('Run many trials of an experiment that differ in some settings, and find the best.')
        .argument('<file>', 'a sweep file, see below'),
      'the sampler; that of the runs is a setting, --set seed=2',
    )
      .option('--trials <n>', 'so many, in place of what the file says', readCount)
      .option('--concurrent <n>', 'so many at once', readCount)
      .option('--no-probe', 'start at once, without measuring how long it will take')
      .option(
        '--estimate',
        'measure first updates of its first trials, say how long it would take, and leave nothing '
          + 'but what they computed',
      )
      .addOption(outOption()),
  )
    .option('--detach', 'leave the sweep to a worker in the background, print its id and return')
    .addOption(lineJson())
    .addHelpText('after', `${sweepHelp}\n\n${experimentsHelp()}`)
    .enablePositionalOptions()
    .action(start);
  const command = (usage: string, about: string): Command =>
    sweep.command(usage).description(about).addOption(outOption());
  command('list', 'List the sweeps, newest first.').addOption(jsonOption()).action(list);
  command('show <sweep>', 'Show the trials of a sweep, the best first.')
    .option('--all', `every trial, not the first ${shownTrials} alone`)
    .addOption(jsonOption())
    .action(show);
  addServerOptions(
    command(
      'resume <sweep>',
      'Go on with a sweep that was interrupted or cancelled; what has ended is not done again.',
    ),
  )
    .option('--failed', 'do the trials again that failed, too')
    .addOption(lineJson())
    .action(resume);
  addServerOptions(
    command('cancel <sweep>', 'Cancel a sweep and wait until everything that worked on it has stopped.'),
  )
    .addOption(jsonOption())
    .action(cancel);
}

const lineJson = (): Option => jsonOption('print one JSON object a line while the sweep goes on');

async function start(file: string, options: StartOptions): Promise<void> {
  const sweep = await resolveSweep(file, options);
  sayConfigNotes(sweep.base.config);
  for (const path of searchedIn(sweep, options.set ?? []))
    process.stderr.write(`${path} is searched: --set of it changes nothing.\n`);
  const { out, detach } = options;
  const connection = await openConnection(out, options);
  let { close } = connection;
  try {
    await writeSweep(out, sweep, storedIn(connection));
    await (options.estimate ? estimate : detach ? startDetached : startAttended)(connection, sweep, options);
    if (detach && !options.estimate) close = connection.leave;
  } finally {
    await close();
  }
}

/** What is set although the trials have values of their own for it. */
const searchedIn = ({ parameters }: Sweep, set: readonly string[]): string[] =>
  set.map((argument) => parseSetting(argument).path).filter((path) => Object.hasOwn(parameters, path));

async function startAttended(
  connection: ServerConnection,
  sweep: Sweep,
  options: StartOptions,
): Promise<void> {
  if (!options.json) print([`${sweep.base.title}: ${sweep.id}`]);
  await attendSweep(connection, sweep, options, async (display, signal) => {
    const shown = options.json ? createDisplay(process.stderr) : display;
    const lines = options.probe
      ? await projected(connection, sweep, options.out, shown, signal).finally(
          () => options.json && shown.close(),
        )
      : [];
    for (const line of lines) display.say(line);
    await startSweep(connection.client, sweep, false);
  });
}

async function startDetached(
  connection: ServerConnection,
  sweep: Sweep,
  { out, json, probe: isMeasured }: StartOptions,
): Promise<void> {
  if (connection.isEmbedded) await detachWorker(layoutOf(out), connection.server, { evenBesideOthers: true });
  // not on standard output: who detaches reads the id there; of a server elsewhere nobody knows that it has a
  // worker now
  if (isMeasured && connection.isEmbedded) {
    const display = createDisplay(process.stderr);
    const lines = await projected(connection, sweep, out, display, new AbortController().signal).finally(() =>
      display.close(),
    );
    process.stderr.write(`${lines.join('\n')}\n`);
  }
  await startSweep(connection.client, sweep, false);
  if (json) printEvent({ event: 'begun', at: now(), sweep: sweep.id });
  else print([sweep.id]);
}

/** Of the sweep itself nothing stays; what its first updates computed does. */
async function estimate(
  connection: ServerConnection,
  sweep: Sweep,
  { out, json }: StartOptions,
): Promise<void> {
  const display = createDisplay(json ? process.stderr : process.stdout);
  const projection = await withWorker(
    connection,
    layoutOf(out),
    { own: sweep.id, resume: `${sweep.command.slice(invocation.length + 1)} --estimate` },
    display,
    (signal) => measured(connection, sweep, out, display, signal),
  ).finally(() => removeMeasured(connection, sweep, out));
  print(json ? [JSON.stringify(projection, null, 2)] : projectionLines(sweep, projection));
}

/** As lines, once the record has it. */
async function projected(
  connection: ServerConnection,
  sweep: Sweep,
  out: string,
  display: Display,
  signal: AbortSignal,
): Promise<string[]> {
  const projection = await measured(connection, sweep, out, display, signal);
  await keepProjection(out, sweep.id, projection);
  return projectionLines(sweep, projection);
}

/** What is no sweep yet goes where it cannot begin. */
async function measured(
  connection: ServerConnection,
  sweep: Sweep,
  out: string,
  display: Display,
  signal: AbortSignal,
): Promise<Projection> {
  try {
    return await benchmarkTrials(connection, sweep, out, storedIn(connection), display, signal);
  } catch (error) {
    if (!signal.aborted) await removeMeasured(connection, sweep, out);
    throw error;
  }
}

/** Never throws: what ended the measuring is told first. */
async function removeMeasured({ client }: ServerConnection, sweep: Sweep, out: string): Promise<void> {
  try {
    await removeSweep(out, sweep.id);
    await removeBenchmarks(client, sweep, out);
  } catch (error) {
    process.stderr.write(
      `What ${sweep.id} was measured by could not be removed: ${(error as Error).message}\n`,
    );
  }
}

async function resume(
  name: string,
  { out, failed, json, ...flags }: Place & { readonly failed?: true; readonly json?: true },
): Promise<void> {
  const record = await findSweep(out, name);
  const { sweep } = record;
  if (record.status === 'completed' && !failed) return attendSweep(null, sweep, { out, json });
  const connection = await openConnection(out, flags, record);
  try {
    const open = await isOpen(connection.client, sweep.id);
    if (open && failed)
      throw new CounterflowError(
        exitCodes.badInput,
        `Expected --failed with a sweep that has ended, but ${sweep.id} is under way: leave --failed `
          + 'out to go on with it.',
      );
    if (!open) await startSweep(connection.client, sweep, failed ?? false);
    (json ? process.stderr : process.stdout).write(
      `${sweep.id} goes on${open ? '' : ' from what is recorded'}.\n`,
    );
    await attendSweep(connection, sweep, { out, json });
  } finally {
    await connection.close();
  }
}

async function cancel(
  name: string,
  { out, json, ...flags }: Place & { readonly json?: true },
): Promise<void> {
  const record = await findSweep(out, name);
  const { id } = record.sweep;
  if (record.status === 'completed')
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected a sweep that has not ended; ${id} is completed.`,
    );
  const connection = await openConnection(out, flags, record);
  try {
    if (!(await isOpen(connection.client, id)))
      throw new CounterflowError(
        exitCodes.badInput,
        `Expected a sweep that is under way, but the server has no open workflow for ${id}.`,
      );
    const why = await cancelWorkflow(connection, layoutOf(out), id, 'sweep');
    print([json ? JSON.stringify({ sweep: id, status: 'cancelled' }) : cancelledText(id, why)]);
  } finally {
    await connection.close();
  }
}

async function list({ out, json }: { readonly out: string; readonly json?: true }): Promise<void> {
  const sweeps = await listSweeps(out);
  if (json) return print([JSON.stringify(sweeps.map(summaryOf), null, 2)]);
  if (sweeps.length === 0)
    return print([`No sweeps in ${out} yet; \`${invocation} sweep --help\` shows how to make one.`]);
  const idle = await idleSweeps(out, sweeps);
  print(sweepTable(sweeps, idle, colors));
  if (idle.size > 0)
    print([
      '',
      `Nobody works on ${idle.size === 1 ? 'one sweep' : `${idle.size} sweeps`} marked idle: `
        + `\`${invocation} sweep resume SWEEP\` goes on.`,
    ]);
}

/** What `sweep list --json` prints of each. */
function summaryOf(record: SweepRecord) {
  const { sweep, status, trials } = record;
  const best = bestOfSweep(record);
  return {
    id: sweep.id,
    experiment: sweep.base.experiment,
    status,
    trials: sweep.trials,
    ended: trials.length,
    best: best && { trial: best.trial, value: best.value, ...(best.seeds && { seeds: best.seeds }) },
    startedAt: sweep.base.startedAt,
  };
}

async function show(
  name: string,
  { out, json, all }: { readonly out: string; readonly json?: true; readonly all?: true },
): Promise<void> {
  const record = await findSweep(out, name);
  if (json) return print([JSON.stringify(record, null, 2)]);
  print(
    sweepLines(
      record,
      (await idleSweeps(out, [record])).has(record.sweep.id),
      all ? Infinity : shownTrials,
      colors,
    ),
  );
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
