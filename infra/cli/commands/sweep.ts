/** Sweeps: many runs of one experiment that differ in some settings. */
import type { Command } from 'commander';
import type { ServerFlags } from '../../temporal/choose-server.ts';
import type { Sweep, SweepRecord } from '../../../activities/sweep/contracts.ts';
import { layoutOf } from '../../layout.ts';
import { cancelWorkflow } from '../cancel-workflow.ts';
import { CliError } from '../cli-error.ts';
import { colors } from '../colors.ts';
import { createDisplay, type Display } from '../display.ts';
import { exitCodes } from '../exit-codes.ts';
import { explainEnd } from '../explain-end.ts';
import { openGround, storedIn, type Ground } from '../ground.ts';
import { addServerOptions, jsonOption, outOption, readCount } from '../options.ts';
import { addRequestOptions, experimentsHelp } from '../run-request.ts';
import { followSweep } from '../sweep/follow-sweep.ts';
import { idleSweeps } from '../sweep/idle-sweeps.ts';
import { probe } from '../sweep/probe.ts';
import { projectionLine } from '../sweep/projection.ts';
import { resolveSweep, type SweepOptions } from '../sweep/resolve-sweep.ts';
import { startSweep } from '../sweep/start-sweep.ts';
import { findSweep, listSweeps, removeSweep, writeSweep } from '../sweep/sweep-files.ts';
import { sweepHelp } from '../sweep/sweep-help.ts';
import { sweepLines, sweepTable } from '../sweep/sweep-lines.ts';
import { withWorker } from '../with-worker.ts';
import { detachWorker } from '../worker-supervisor.ts';
import { isOpen } from '../workflow-state.ts';

interface Place extends ServerFlags {
  readonly out: string;
}

interface StartOptions extends SweepOptions, Place {
  readonly detach?: true;
  readonly probe: boolean;
  readonly estimate?: true;
}

const shownTrials = 20;

export function addSweepCommand(program: Command): void {
  const sweep = addServerOptions(addRequestOptions(program.command('sweep')
    .description('Run many trials of an experiment that differ in some settings, and find the best.')
    .argument('<file>', 'a sweep file, see below'), 'the sampler; that of the runs is a setting, --set seed=2')
    .option('--trials <n>', 'so many, in place of what the file says', readCount)
    .option('--concurrent <n>', 'so many at once', readCount)
    .option('--no-probe', 'start at once, without measuring how long it will take')
    .option('--estimate', 'measure and say how long it would take, and start nothing')
    .addOption(outOption()))
    .option('--detach', 'leave the sweep to a worker in the background, print its id and return')
    .addHelpText('after', `${sweepHelp}\n\n${experimentsHelp()}`)
    .enablePositionalOptions()
    .action(start);
  const command = (usage: string, about: string): Command => sweep.command(usage).description(about).addOption(outOption());
  command('list', 'List the sweeps, newest first.').addOption(jsonOption()).action(list);
  command('show <sweep>', 'Show the trials of a sweep, the best first.').option('--all', `every trial, not the first ${shownTrials} alone`).addOption(jsonOption()).action(show);
  addServerOptions(command('resume <sweep>', 'Go on with a sweep that was interrupted or cancelled; what has ended is not done again.'))
    .option('--failed', 'do the trials again that failed, too').action(resume);
  addServerOptions(command('cancel <sweep>', 'Cancel a sweep and wait until everything that worked on it has stopped.')).action(cancel);
}

async function start(file: string, options: StartOptions): Promise<void> {
  const sweep = await resolveSweep(file, options);
  const { out, detach } = options;
  const ground = await openGround(out, options);
  let { close } = ground;
  try {
    await writeSweep(out, sweep, storedIn(ground));
    const isMeasured = options.estimate === true || (options.probe && !(detach && !ground.isEmbedded));
    if (detach) await startDetached(ground, sweep, options, isMeasured);
    else await startAttended(ground, sweep, options, isMeasured);
    if (detach) close = ground.leave;
  } finally {
    await close();
  }
}

async function startAttended(ground: Ground, sweep: Sweep, options: StartOptions, isMeasured: boolean): Promise<void> {
  print([`${sweep.base.title}: ${sweep.id}`]);
  const display = createDisplay();
  await withWorker(ground, layoutOf(options.out), `sweep resume ${sweep.id}`, display, async (signal) => {
    if (isMeasured) display.say(await measured(ground, sweep, options, signal));
    if (options.estimate) return removeSweep(options.out, sweep.id);
    await startSweep(ground.client, sweep, false);
    await follow(ground, sweep, display, signal);
  });
  if (!options.estimate) await printSweep(options.out, sweep.id);
}

/** Throws CliError where it does not complete. */
const follow = ({ client, uiUrl }: Ground, sweep: Sweep, display: Display, signal: AbortSignal): Promise<void> =>
  followSweep(client, sweep, uiUrl, display, signal).catch((error: unknown) => {
    throw explainEnd(sweep.id, error, 'sweep');
  });

async function startDetached(ground: Ground, sweep: Sweep, options: StartOptions, isMeasured: boolean): Promise<void> {
  if (ground.isEmbedded) await detachWorker(layoutOf(options.out), ground.server, { evenBesideOthers: true });
  // not on standard output: who detaches reads the id there
  if (isMeasured) process.stderr.write(`${await measured(ground, sweep, options, new AbortController().signal)}\n`);
  if (options.estimate) return removeSweep(options.out, sweep.id);
  await startSweep(ground.client, sweep, false);
  print([sweep.id]);
}

/** What is no sweep yet goes where it cannot begin. */
async function measured(ground: Ground, sweep: Sweep, { out }: StartOptions, signal: AbortSignal): Promise<string> {
  try {
    return projectionLine(sweep, await probe(ground.client, sweep, out, storedIn(ground), signal));
  } catch (error) {
    if (!signal.aborted) await removeSweep(out, sweep.id);
    throw error;
  }
}

async function resume(name: string, { out, failed, ...flags }: Place & { readonly failed?: true }): Promise<void> {
  const record = await findSweep(out, name);
  const { sweep } = record;
  if (record.status === 'completed' && !failed) return printSweep(out, sweep.id);
  const ground = await openGround(out, flags, record);
  try {
    const open = await isOpen(ground.client, sweep.id);
    if (open && failed) throw new CliError(exitCodes.badInput, `Expected --failed with a sweep that has ended, but ${sweep.id} is under way: leave --failed out to go on with it.`);
    if (!open) await startSweep(ground.client, sweep, failed ?? false);
    print([`${sweep.id} goes on${open ? '' : ' from what is recorded'}.`]);
    const display = createDisplay();
    await withWorker(ground, layoutOf(out), `sweep resume ${sweep.id}`, display, signal => follow(ground, sweep, display, signal));
  } finally {
    await ground.close();
  }
  await printSweep(out, sweep.id);
}

async function cancel(name: string, { out, ...flags }: Place): Promise<void> {
  const record = await findSweep(out, name);
  const { id } = record.sweep;
  if (record.status === 'completed') throw new CliError(exitCodes.badInput, `Expected a sweep that has not ended; ${id} is completed.`);
  const ground = await openGround(out, flags, record);
  try {
    if (!await isOpen(ground.client, id)) throw new CliError(exitCodes.badInput, `Expected a sweep that is under way, but the server has no open workflow for ${id}.`);
    await cancelWorkflow(ground, layoutOf(out), id, 'sweep');
    print([`${id} is cancelled.`]);
  } finally {
    await ground.close();
  }
}

async function list({ out, json }: { readonly out: string; readonly json?: true }): Promise<void> {
  const sweeps = await listSweeps(out);
  if (json) return print([JSON.stringify(sweeps.map(summaryOf), null, 2)]);
  print(sweeps.length === 0 ? [`No sweeps in ${out} yet; \`counterflow sweep --help\` shows how to make one.`] : sweepTable(sweeps, await idleSweeps(out, sweeps), colors));
}

/** What `sweep list --json` prints of each. */
const summaryOf = ({ sweep, status, trials, best }: SweepRecord) => ({
  id: sweep.id, experiment: sweep.base.experiment, status, trials: sweep.trials, ended: trials.length,
  best: best && { trial: best.trial, value: best.value }, startedAt: sweep.base.startedAt,
});

async function show(name: string, { out, json, all }: { readonly out: string; readonly json?: true; readonly all?: true }): Promise<void> {
  const record = await findSweep(out, name);
  if (json) return print([JSON.stringify(record, null, 2)]);
  print(sweepLines(record, (await idleSweeps(out, [record])).has(record.sweep.id), all ? Infinity : shownTrials, colors));
}

async function printSweep(out: string, id: string): Promise<void> {
  print(sweepLines(await findSweep(out, id), false, shownTrials, colors));
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
