/** Runs and sweeps at set times, on Temporal's schedules. */
import { ScheduleNotFoundError, type ScheduleHandle } from '@temporalio/client';
import { Option, type Command } from 'commander';
import type { ServerFlags } from '../../temporal/choose-server.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { colors } from '../lines/colors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { openConnection, type ServerConnection } from '../../client/server/server-connection.ts';
import { invocation } from '../../base/invocation.ts';
import { unknownSchedule } from '../../client/schedules/unknown-schedule.ts';
import { Counterflow } from '../../client/client.ts';
import { say } from '../attend/say.ts';
import { addServerOptions, jsonOption, outOption, readCount } from '../arguments/options.ts';
import { addRequestOptions, experimentsHelp } from '../arguments/request-options.ts';
import { defaultPolicies, type Policies } from '../../client/schedules/create-schedule.ts';
import { collectCron, cronHelp } from '../../client/schedules/cron.ts';
import { backfilledLines, backfillFor, triggeredText, triggerNow } from '../../client/schedules/fire.ts';
import { overlapHelp, overlapOf, overlapOption, type Overlap } from '../../client/schedules/overlap.ts';
import { listSchedules } from '../../client/schedules/list-schedules.ts';
import { detailsOf, pausesOnFailure, viewOf } from '../../client/schedules/schedule-view.ts';
import { detailLines, scheduleTable } from '../lines/schedule-lines.ts';
import { ownTimeZone, readDuration, readMoment, readTimeZone } from '../../client/schedules/times.ts';
import type { WhatOptions } from '../../client/schedules/what-runs.ts';

interface Place extends ServerFlags {
  readonly out: string;
  readonly json?: true;
}

const examples = `
Examples:
  ${invocation} schedule create nightly eight-gaussians --cron '0 3 * * *' --time-zone Europe/Berlin --new-seeds
  ${invocation} schedule create often spiral --every 6h --overlap buffer-one
  ${invocation} schedule create weekly --sweep rates.yaml --cron '0 3 * * 0' --new-seeds
  ${invocation} schedule backfill nightly --from 2026-11-01 --to 2026-11-08

A schedule fires while a server and a worker are up; \`${invocation} worker\` keeps both up.`;

const triggerHelp = `Runs are named by the second they were due. Triggers of one machine are a second apart, so that each has a run of its own;
two of one second, from two machines, are one run to the server.`;

export function addScheduleCommand(program: Command): void {
  const schedule = program
    .command('schedule')
    .description('Run experiments and sweeps at set times.')
    .addHelpText('after', examples);
  addCreate(schedule);
  const command = (usage: string, about: string): Command =>
    addServerOptions(schedule.command(usage).description(about).addOption(outOption())).addOption(
      jsonOption(),
    );
  command('list', 'List the schedules.').action(list);
  command('show <name>', 'Show what is known of a schedule.').action(show);
  command('pause <name>', 'Fire no more until `unpause`; what goes on goes on.')
    .option('--note <text>', 'why')
    .action(pause);
  command('unpause <name>', 'Fire again at the set times.').option('--note <text>', 'why').action(unpause);
  command('trigger <name>', 'Fire now, whether paused or not.')
    .addOption(overlapOption('buffer-all'))
    .addHelpText('after', `\n${overlapHelp()}\n\n${triggerHelp}`)
    .action(trigger);
  command(
    'backfill <name>',
    'Fire for all times of the past that lie between two moments; what was completed before stays as it is.',
  )
    .requiredOption('--from <moment>', 'a date or a moment; without a zone it is UTC', readMoment)
    .requiredOption('--to <moment>', 'a date or a moment', readMoment)
    .addOption(overlapOption('buffer-all'))
    .addHelpText('after', `\n${overlapHelp()}`)
    .action(backfill);
  command('delete <name>', 'Remove a schedule; its runs and sweeps stay.').action(remove);
}

function addCreate(schedule: Command): void {
  addServerOptions(
    addRequestOptions(
      schedule
        .command('create')
        .description('Create a schedule of runs, or of sweeps.')
        .argument('<name>', 'of the schedule; its runs or sweeps are called <name>-<time, UTC>')
        .argument('[experiment]', 'a name or a file, as it is now, see below; not with --sweep'),
    )
      .option(
        '--sweep <file>',
        "sweeps of this file, as it is now (see `sweep --help`); --seed is the sampler's then",
      )
      .option('--trials <n>', 'of a sweep: so many, in place of what the file says', readCount)
      .option('--concurrent <n>', 'of a sweep: so many at once', readCount)
      .option(
        '--cron <expression>',
        'minute, hour, day of the month, month, day of the week, see below; may be repeated',
        collectCron,
      )
      .option('--every <time>', 'from the epoch on, as in 90s, 30m, 6h or 2d', readDuration)
      .option('--time-zone <name>', 'IANA time zone of the cron expressions', readTimeZone, ownTimeZone())
      .option(
        '--new-seeds',
        'each run (of a sweep: its sampler and its runs) has a seed of its own: the time it was due, '
          + 'in seconds since 1970; the data stay',
      )
      .addOption(overlapOption(defaultPolicies.overlap))
      .addOption(
        new Option(
          '--catch-up <time>',
          'what was missed while the server was down is made up for where it is not later than this',
        )
          .argParser(readDuration)
          .default(defaultPolicies.catchUp, '1d'),
      )
      .addOption(
        new Option('--on-failure <what>', 'what the schedule does when a run, or a sweep, has failed')
          .choices(['pause', 'go-on'])
          .default(defaultPolicies.onFailure),
      )
      .option('--limit <n>', 'fire so many times, then no more', readCount)
      .option('--paused', 'do not fire before `unpause`')
      .addOption(outOption()),
  )
    .addOption(jsonOption())
    .addHelpText('after', `\n${cronHelp}\n\n${overlapHelp()}\n\n${experimentsHelp()}`)
    .action(create);
}

async function create(
  name: string,
  experiment: string | undefined,
  options: WhatOptions & Policies & Place,
): Promise<void> {
  const counterflow = await Counterflow.connect({ ...options, runs: options.out, say, tends: false });
  try {
    const details = await counterflow.schedule(name, experiment ?? null, options);
    const { next } = details;
    if (options.json) return print([JSON.stringify({ schedule: name, done: 'created', next })]);
    print([
      `${name} is scheduled${options.paused ? ', and paused' : next.length === 0 ? ', but never due' : ''}.`,
      ...detailLines(details, colors).slice(1),
    ]);
    print([`It fires while a server and a worker are up: \`${invocation} worker\` keeps both up.`]);
  } finally {
    await counterflow.close();
  }
}

async function list({ json, ...place }: Place): Promise<void> {
  await withConnection(place, async ({ client: { schedule } }) => {
    const views = await listSchedules(schedule);
    if (json) return print([JSON.stringify(views, null, 2)]);
    print(
      views.length === 0
        ? [`No schedules yet; \`${invocation} schedule create --help\` shows how to make one.`]
        : scheduleTable(views, colors),
    );
  });
}

async function show(name: string, { json, ...place }: Place): Promise<void> {
  await withSchedule(place, name, async (handle) => {
    const description = await handle.describe();
    const view = viewOf(description);
    if (view === null)
      throw new CounterflowError(
        exitCodes.badInput,
        `Expected a schedule of Counterflow, but ${name} is of another program.`,
      );
    const details = detailsOf(description, view);
    print(json ? [JSON.stringify(details, null, 2)] : detailLines(details, colors));
  });
}

const pause = (name: string, { note, ...place }: Place & { readonly note?: string }): Promise<void> =>
  withSchedule(place, name, (handle) => handle.pause(note), 'paused', `${name} is paused.`);

const unpause = (name: string, { note, ...place }: Place & { readonly note?: string }): Promise<void> =>
  withSchedule(place, name, (handle) => handle.unpause(note), 'unpaused', `${name} fires again.`);

async function trigger(
  name: string,
  { overlap, ...place }: Place & { readonly overlap: Overlap },
): Promise<void> {
  await withSchedule(place, name, async (handle, { server: { address, namespace } }) => {
    const triggered = await triggerNow(handle, `${name} in ${namespace} at ${address}`, overlapOf(overlap));
    if (place.json) return print([JSON.stringify({ schedule: name, done: 'triggered', ...triggered })]);
    print([triggeredText(name, triggered), ...(await unwatched(handle, overlap))]);
  });
}

async function backfill(
  name: string,
  {
    from,
    to,
    overlap,
    ...place
  }: Place & { readonly from: Date; readonly to: Date; readonly overlap: Overlap },
): Promise<void> {
  if (from >= to)
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected --from before --to, got ${from.toISOString()} and ${to.toISOString()}.`,
    );
  await withSchedule(place, name, async (handle, { client }) => {
    const backfilled = await backfillFor(client, handle, place.out, {
      from,
      to,
      overlap: overlapOf(overlap),
    });
    if (place.json) return print([JSON.stringify({ schedule: name, done: 'backfilled', ...backfilled })]);
    print([...backfilledLines(name, from, to, backfilled), ...(await unwatched(handle, overlap))]);
  });
}

/** Where a schedule that pauses on failure fires so that it does not. */
async function unwatched(handle: ScheduleHandle, overlap: Overlap): Promise<string[]> {
  return overlap === 'allow-all' && pausesOnFailure(await handle.describe())
    ? ['What fails of that does not pause the schedule: under allow-all the server does not look.']
    : [];
}

const remove = (name: string, place: Place): Promise<void> =>
  withSchedule(place, name, (handle) => handle.delete(), 'deleted', `${name} is deleted; its runs stay.`);

/** Throws CounterflowError where there is no such schedule. */
async function withSchedule(
  place: Place,
  name: string,
  use: (handle: ScheduleHandle, connection: ServerConnection) => Promise<unknown>,
  done?: string,
  sentence?: string,
): Promise<void> {
  await withConnection(place, async (connection) => {
    const {
      client: { schedule },
    } = connection;
    try {
      await use(schedule.getHandle(name), connection);
    } catch (error) {
      throw error instanceof ScheduleNotFoundError
        ? unknownSchedule(name, await listSchedules(schedule))
        : error;
    }
    if (sentence !== undefined) print([place.json ? JSON.stringify({ schedule: name, done }) : sentence]);
  });
}

async function withConnection(
  { out, ...flags }: Place,
  use: (connection: ServerConnection) => Promise<void>,
): Promise<void> {
  const connection = await openConnection(out, flags, null, { tends: false, say });
  try {
    await use(connection);
  } finally {
    await connection.close();
  }
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
