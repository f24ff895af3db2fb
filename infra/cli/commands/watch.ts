import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { layoutOf, runFolder } from '../../store/layout.ts';
import type { ServerFlags } from '../../temporal/choose-server.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { colors } from '../lines/colors.ts';
import { DecisionsSaid } from '../../client/runs/decisions-said.ts';
import type { Display } from '../../client/runs/display.ts';
import { createDisplay } from '../attend/display.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { exitCodeOf } from '../../client/runs/explain-end.ts';
import { invocation } from '../../base/invocation.ts';
import { addServerOptions, jsonOption, outOption } from '../arguments/options.ts';
import { recordLines } from '../lines/record-lines.ts';
import { doubtsIn, now } from '../../client/runs/events.ts';
import { printEvent } from '../attend/print-events.ts';
import { eventDisplay } from '../../client/runs/event-queue.ts';
import { findRun, readRequest, type StoredRecord } from '../../client/records/run-records.ts';
import { ObservingConnections } from '../../client/server/observing-connections.ts';
import { RunWatcher, type LiveRun } from '../../client/runs/run-watcher.ts';
import { leaving, Screen } from '../attend/screen.ts';
import { watchLines } from '../lines/watch-lines.ts';

const help = `
On a terminal: stage, progress and curves, drawn anew each second; q leaves, and the run goes on. Elsewhere a line now and then, until the run ends.
Ends with the exit code that the run's own command ends with.

Examples:
  ${invocation} watch latest
  ${invocation} watch eight-gaussians-s1-20261123
  ${invocation} watch latest --json`;

const lookEveryMs = 1000;
/** A command that is started again is away for some of them; one that attends a stuck run has it go on in a
 *  new execution meanwhile. */
const mostIdleLooks = 15;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

interface Options extends ServerFlags {
  readonly out: string;
  readonly json?: true;
}

export function addWatchCommand(program: Command): void {
  addServerOptions(
    program
      .command('watch')
      .description('Watch a run that others work on, until it ends.')
      .argument('<run>', 'id of a run, its unambiguous beginning, or latest')
      .addOption(outOption()),
  )
    .addOption(jsonOption('print one JSON object a line, as `run --json` does'))
    .addHelpText('after', help)
    .action(watch);
}

async function watch(name: string, { out, json, ...flags }: Options): Promise<void> {
  const id = await findRun(out, name);
  const connections = new ObservingConnections(out, flags);
  const watcher = new RunWatcher(out, id);
  const look = async (): Promise<LiveRun> => watcher.look(await connections.to(await readRequest(out, id)));
  try {
    const ended =
      process.stdout.isTTY && !json
        ? await onScreen(look)
        : await inLines(look, json ? eventDisplay({ run: id }, printEvent) : createDisplay());
    if (ended !== null) tellEnd(ended, out, json ?? false);
  } finally {
    await connections.close();
  }
}

/** null: left before the run ended. */
async function onScreen(look: () => Promise<LiveRun>): Promise<StoredRecord | null> {
  let run = await look();
  if (run.state === 'ended') return run.record;
  const screen = new Screen(process.stdout);
  const over = new AbortController();
  const leave = (): void => over.abort();
  const left = leaving(process.stdin, over.signal).then(leave);
  for (const signal of signals) process.on(signal, leave);
  try {
    for (
      let stuck = 0;
      run.state !== 'ended' && !over.signal.aborted;
      run = await Promise.race([look(), left.then(() => run)])
    ) {
      const shown = run;
      stuck = run.state === 'stuck' ? stuck + 1 : 0;
      if (stuck > mostIdleLooks) throw cannotGoOn(run);
      screen.show((size) => watchLines(shown, size, colors));
      await sleep(lookEveryMs, undefined, { signal: over.signal }).catch(() => undefined);
    }
    return over.signal.aborted ? null : run.record;
  } finally {
    over.abort();
    await left;
    for (const signal of signals) process.off(signal, leave);
    screen.close();
  }
}

async function inLines(look: () => Promise<LiveRun>, display: Display): Promise<StoredRecord> {
  let run = await look();
  if (run.state === 'ended') return run.record;
  const said = new DecisionsSaid(run.record.id, run.record.decisions ?? [], display);
  let idle = run.state === 'under way' ? 0 : mostIdleLooks;
  for (; run.state !== 'ended'; run = await look()) {
    said.hear(run.decisions);
    if (run.view) display.show(run.view);
    idle = run.state === 'under way' ? 0 : idle + 1;
    if (idle > mostIdleLooks) throw run.state === 'stuck' ? cannotGoOn(run) : nobodyThere(run.record.id);
    await sleep(lookEveryMs);
  }
  display.close();
  return run.record;
}

const cannotGoOn = ({ record: { id }, differing }: LiveRun): CounterflowError =>
  new CounterflowError(
    exitCodes.failed,
    `The code of the workflows differs from that which ${id} was begun with: its execution cannot go `
      + `on. \`${invocation} resume ${id}\` goes on in a new one, from its artifacts. `
      + `${differing?.reason.split('\n')[0] ?? ''}`,
  );

const nobodyThere = (id: string): CounterflowError =>
  new CounterflowError(
    exitCodes.failed,
    `Expected a run that somebody works on, but nobody works on ${id}; \`${invocation} resume `
      + `${id}\` goes on where it was.`,
  );

function tellEnd(record: StoredRecord, out: string, json: boolean): void {
  const { id, status, results = null, failure } = record;
  const folder = runFolder(layoutOf(out), id);
  const exitCode = exitCodeOf(record);
  const report = status === 'completed' ? join(folder, 'report.html') : null;
  const why =
    exitCode === exitCodes.ok
      ? doubtsIn(record)
      : { failure: { sentence: failure ?? `Run ${id} was ${status}.`, exitCode } };
  if (json) printEvent({ event: 'ended', at: now(), run: id, status, results, report, ...why });
  else process.stdout.write(`${recordLines(record, folder, false, colors).join('\n')}\n`);
  process.exitCode = exitCode;
}
