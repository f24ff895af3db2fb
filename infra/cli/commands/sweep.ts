/** Sweeps: many runs of one experiment that differ in some settings. */
import type { Command, Option } from 'commander';
import { bestOfSweep } from '../../../activities/sweep/configurations.ts';
import type { Sweep, SweepRecord } from '../../../activities/sweep/contracts.ts';
import { invocation } from '../../base/invocation.ts';
import { Counterflow } from '../../client/client.ts';
import { findSweep, listSweeps } from '../../client/records/sweep-records.ts';
import { cancelledText } from '../../client/runs/cancel-run.ts';
import { sayConfigNotes } from '../../client/runs/config-notes.ts';
import { now } from '../../client/runs/events.ts';
import { parseSetting } from '../../client/runs/setting.ts';
import { withWorker } from '../../client/server/with-worker.ts';
import type { SweepHandle } from '../../client/sweep-handle.ts';
import { idleSweeps } from '../../client/sweeps/idle-sweeps.ts';
import { projectedLines, projectSweep, removeProjected } from '../../client/sweeps/project-sweep.ts';
import { projectionLines } from '../../client/sweeps/projection.ts';
import { resolveSweep, type SweepOptions } from '../../client/sweeps/resolve-sweep.ts';
import { layoutOf } from '../../store/layout.ts';
import type { ServerFlags } from '../../temporal/choose-server.ts';
import { detachWorker } from '../../worker/supervise-worker.ts';
import { addServerOptions, jsonOption, outOption, readCount } from '../arguments/options.ts';
import { addRequestOptions, experimentsHelp } from '../arguments/request-options.ts';
import { sweepHelp } from '../arguments/sweep-help.ts';
import { attendSweep } from '../attend/attend-sweep.ts';
import { createDisplay } from '../attend/display.ts';
import { interruptible } from '../attend/interruptible.ts';
import { printEvent } from '../attend/print-events.ts';
import { shownTrials } from '../attend/print-sweep.ts';
import { say } from '../attend/say.ts';
import { colors } from '../lines/colors.ts';
import { sweepLines, sweepTable } from '../lines/sweep-lines.ts';

interface Place extends ServerFlags {
  readonly out: string;
}

interface StartOptions extends SweepOptions, Place {
  readonly detach?: true;
  readonly json?: boolean;
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
  sayConfigNotes(sweep.base.config, say);
  for (const path of searchedIn(sweep, options.set ?? []))
    say(`${path} is searched: --set of it changes nothing.`);
  const counterflow = await Counterflow.connect({ ...options, runs: options.out, say });
  let isLeft = false;
  try {
    const opened = await counterflow.openSweep(sweep);
    await (options.estimate ? estimate : options.detach ? startDetached : startAttended)(
      opened,
      sweep,
      options,
    );
    isLeft = options.detach === true && !options.estimate;
  } finally {
    await (isLeft ? counterflow.leave() : counterflow.close());
  }
}

/** What is set although the trials have values of their own for it. */
const searchedIn = ({ parameters }: Sweep, set: readonly string[]): string[] =>
  set.map((argument) => parseSetting(argument).path).filter((path) => Object.hasOwn(parameters, path));

async function startAttended(
  opened: SweepHandle,
  sweep: Sweep,
  { out, json = false, probe }: StartOptions,
): Promise<void> {
  if (!json) print([`${sweep.base.title}: ${sweep.id}`]);
  const connection = await opened.connection();
  await attendSweep(out, opened, json, async (display, signal) => {
    if (probe) {
      const shown = json ? createDisplay(process.stderr) : display;
      const lines = await projectedLines({ connection, sweep, out, display: shown, signal, say }).finally(
        () => json && shown.close(),
      );
      for (const line of lines) display.say(line);
    }
    await opened.resume();
  });
}

async function startDetached(
  opened: SweepHandle,
  sweep: Sweep,
  { out, json, probe }: StartOptions,
): Promise<void> {
  const connection = await opened.connection();
  if (connection.isEmbedded) await detachWorker(layoutOf(out), connection.server, { evenBesideOthers: true });
  // not on standard output: who detaches reads the id there; of a server elsewhere nobody knows that it has a
  // worker now
  if (probe && connection.isEmbedded) {
    const display = createDisplay(process.stderr);
    const { signal } = new AbortController();
    const lines = await projectedLines({ connection, sweep, out, display, signal, say }).finally(() =>
      display.close(),
    );
    say(lines.join('\n'));
  }
  await opened.resume();
  if (json) printEvent({ event: 'begun', at: now(), sweep: sweep.id });
  else print([sweep.id]);
}

/** Of the sweep itself nothing stays; what its first updates computed does. */
async function estimate(opened: SweepHandle, sweep: Sweep, { out, json }: StartOptions): Promise<void> {
  const connection = await opened.connection();
  const display = createDisplay(json ? process.stderr : process.stdout);
  const resume = `${sweep.command.slice(invocation.length + 1)} --estimate`;
  const projection = await interruptible(resume, display, (signal) =>
    withWorker(connection, layoutOf(out), { own: sweep.id, resume, signal }, display, (over) =>
      projectSweep({ connection, sweep, out, display, signal: over, say }),
    ),
  ).finally(() => removeProjected({ connection, sweep, out, say }));
  print(json ? [JSON.stringify(projection, null, 2)] : projectionLines(sweep, projection));
}

async function resume(
  name: string,
  { out, failed, json = false, ...flags }: Place & { readonly failed?: true; readonly json?: boolean },
): Promise<void> {
  const counterflow = await Counterflow.connect({ ...flags, runs: out, say });
  try {
    const found = await counterflow.findSweep(name);
    if ((await found.record()).status !== 'completed' || failed) {
      const isStarted = await found.resume({ failed: failed ?? false });
      const line = `${found.id} goes on${isStarted ? ' from what is recorded' : ''}.`;
      if (json) say(line);
      else print([line]);
    }
    await attendSweep(out, found, json);
  } finally {
    await counterflow.close();
  }
}

async function cancel(
  name: string,
  { out, json, ...flags }: Place & { readonly json?: true },
): Promise<void> {
  const counterflow = await Counterflow.connect({ ...flags, runs: out, say });
  try {
    const found = await counterflow.findSweep(name);
    const why = await found.cancel();
    const { id } = found;
    print([json ? JSON.stringify({ sweep: id, status: 'cancelled' }) : cancelledText(id, why)]);
  } finally {
    await counterflow.close();
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
  { out, json, all }: { readonly out: string; readonly json?: boolean; readonly all?: true },
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
